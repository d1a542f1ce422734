/* GRO: which packets are aggregated, and that segmentation restores them. */
#include "byteorder.h"
#include "offload/gro.h"
#include "offload/gso.h"
#include "packets.h"
#include "test.h"

#include <stdlib.h>

#define LARGEST 2048
#define BOTH (GRO_TCP | GRO_UDP)
#define DF 0x4000
#define MF 0x2000

/* A burst: the packets as added, and the memory that GRO uses. */
static uint8_t originals[GRO_MAX_PACKETS][LARGEST];
static uint8_t buffers[GRO_MAX_PACKETS][LARGEST];
static size_t lengths[GRO_MAX_PACKETS];
static unsigned flows[GRO_MAX_PACKETS];
static unsigned count;

/* The writes: the packets of each, and the index in the burst of each packet.
 */
static struct sink {
	bool refuses;
	unsigned writes, refused, packets;
	unsigned sizes[GRO_MAX_PACKETS];
	unsigned origins[GRO_MAX_PACKETS];
	bool seen[GRO_MAX_PACKETS];
	struct virtio_net_header vnet; /* of the newest write */
	uint8_t large[VIRTIO_NET_HDR_SIZE + 65535];
	size_t length;
} sink;

static struct gro gro;

/* The index of the first unseen packet with these bytes, or `count`. */
static unsigned find_original(const uint8_t *packet, size_t length)
{
	unsigned n = 0;

	while (n < count && (sink.seen[n] || lengths[n] != length ||
			     memcmp(originals[n], packet, length)))
		n++;
	return n;
}

static void record_packet(const uint8_t *packet, size_t length)
{
	unsigned n = find_original(packet, length);

	CHECK(n, n < count);
	if (n == count)
		return;
	sink.seen[n] = true;
	sink.origins[sink.packets++] = n;
}

static void gather(const struct iovec *parts, int count)
{
	sink.length = 0;
	for (int n = 0; n < count; n++) {
		CHECK(n, sink.length + parts[n].iov_len <= sizeof(sink.large));
		memcpy(sink.large + sink.length, parts[n].iov_base,
		       parts[n].iov_len);
		sink.length += parts[n].iov_len;
	}
}

static bool write_to_sink(void *context, const struct iovec *parts, int count)
{
	static uint8_t out[65535];
	struct gso gso;
	size_t length;

	CHECK(0, context == &sink);
	CHECK(0, count >= 2 && count <= GRO_MAX_PARTS);
	if (sink.refuses && count > 2) {
		sink.refused++;
		return false;
	}
	gather(parts, count);
	sink.vnet = virtio_net_load(sink.large);
	sink.sizes[sink.writes++] = (unsigned)count - 1;
	CHECK(0, !gso_init(&gso, &sink.vnet, sink.large + VIRTIO_NET_HDR_SIZE,
			   sink.length - VIRTIO_NET_HDR_SIZE));
	while ((length = gso_next(&gso, out, sizeof(out))))
		record_packet(out, length);
	return true;
}

static void begin(unsigned features)
{
	gro_init(&gro, features);
	count = 0;
	memset(&sink, 0, sizeof(sink));
}

/* Add the packet in `buffers` to the burst. */
static bool add(size_t length, unsigned flow)
{
	memcpy(originals[count], buffers[count], length);
	lengths[count] = length;
	flows[count] = flow;
	return gro_add(&gro, buffers[count++], length);
}

static void flush(void)
{
	gro_flush(&gro, write_to_sink, &sink);
	CHECK(count, sink.packets == count);
}

/* The packets of each flow are in order. */
static void check_order(unsigned long row)
{
	bool in_order = true;

	for (unsigned n = 1; n < sink.packets; n++)
		for (unsigned m = 0; m < n; m++)
			in_order &= sink.origins[m] < sink.origins[n] ||
				    flows[sink.origins[m]] !=
					    flows[sink.origins[n]];
	CHECK(row, in_order);
}

#define TCP(flag, at, size, ...)                                               \
	{                                                                      \
		.version = 4, .protocol = IP_PROTOCOL_TCP, .flags = flag,      \
		.sequence = at, .payload = size, __VA_ARGS__                   \
	}
#define TCP6(at, size, ...)                                                    \
	{                                                                      \
		.version = 6, .protocol = IP_PROTOCOL_TCP, .flags = TCP_ACK,   \
		.sequence = at, .payload = size, __VA_ARGS__                   \
	}
#define UDP(size, ...)                                                         \
	{                                                                      \
		.version = 4, .protocol = IP_PROTOCOL_UDP, .payload = size,    \
		__VA_ARGS__                                                    \
	}
#define UDP6(size, ...)                                                        \
	{                                                                      \
		.version = 6, .protocol = IP_PROTOCOL_UDP, .payload = size,    \
		__VA_ARGS__                                                    \
	}
#define ICMP                                                                   \
	{                                                                      \
		.version = 4, .protocol = IP_PROTOCOL_ICMP, .payload = 9,      \
		.port = 9                                                      \
	}
#define ICMP6                                                                  \
	{                                                                      \
		.version = 6, .protocol = IP_PROTOCOL_ICMPV6, .payload = 9,    \
		.port = 9                                                      \
	}
#define ACK(at, size, ...) TCP(TCP_ACK, at, size, __VA_ARGS__)
#define PSH(at, size) TCP(TCP_ACK | TCP_PSH, at, size)
#define WITH(flag, at, size) TCP(TCP_ACK | flag, at, size)

/* Packets, and how many are in each write. The IPv4 ids of a port are
 * consecutive; `id` is added to them. */
static const struct row {
	struct spec specs[5];
	unsigned sizes[5];
} rows[] = {
	/* Sizes: all equal, except a smaller last one */
	{{ACK(0, 9), ACK(9, 9), ACK(18, 9)}, {3}},
	{{ACK(0, 9), ACK(9, 9), ACK(18, 1)}, {3}},
	{{ACK(0, 9), ACK(9, 8), ACK(17, 8), ACK(25, 8)}, {2, 2}},
	{{ACK(0, 9), ACK(9, 10)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 0), ACK(9, 9)}, {1, 1, 1}},
	{{ACK(0, 0), ACK(0, 0)}, {1, 1}},
	{{ACK(0, 1400), ACK(1400, 1400), ACK(2800, 700)}, {3}},
	/* Sequence numbers: a gap, a duplicate, out of order, wrap-around */
	{{ACK(0, 9), ACK(10, 9), ACK(19, 9)}, {1, 2}},
	{{ACK(0, 9), ACK(0, 9), ACK(9, 9)}, {1, 2}},
	{{ACK(9, 9), ACK(0, 9)}, {1, 1}},
	{{ACK(0xFFFFFFFA, 9), ACK(3, 9)}, {2}},
	/* PSH ends an aggregate */
	{{ACK(0, 9), PSH(9, 9), ACK(18, 9)}, {2, 1}},
	{{PSH(0, 9), ACK(9, 9), ACK(18, 9)}, {1, 2}},
	/* Flags of packets that are not aggregated */
	{{ACK(0, 9), WITH(TCP_FIN, 9, 9), ACK(18, 9)}, {1, 1, 1}},
	{{ACK(0, 9), WITH(TCP_SYN, 9, 9), ACK(18, 9)}, {1, 1, 1}},
	{{ACK(0, 9), WITH(TCP_RST, 9, 9), ACK(18, 9)}, {1, 1, 1}},
	{{ACK(0, 9), WITH(TCP_URG, 9, 9), ACK(18, 9)}, {1, 1, 1}},
	{{ACK(0, 9), WITH(TCP_CWR, 9, 9), ACK(18, 9)}, {1, 1, 1}},
	{{WITH(TCP_FIN, 0, 9), WITH(TCP_FIN, 9, 9)}, {1, 1}},
	{{WITH(TCP_SYN, 0, 9), WITH(TCP_SYN, 9, 9)}, {1, 1}},
	{{WITH(TCP_RST, 0, 9), WITH(TCP_RST, 9, 9)}, {1, 1}},
	{{WITH(TCP_URG, 0, 9), WITH(TCP_URG, 9, 9)}, {1, 1}},
	{{WITH(TCP_CWR, 0, 9), WITH(TCP_CWR, 9, 9)}, {1, 1}},
	{{ACK(0, 9), WITH(TCP_URG, 0, 0), ACK(9, 9, .id = 0xFFFF)}, {1, 1, 1}},
	{{ACK(0, 9), ACK(9, 9, .reserved = 1)}, {1, 1}},
	/* Options beyond the maximum: the data offset wraps to 0 */
	{{ACK(0, 9, .tcp_options = 236), ACK(265, 9, .tcp_options = 236)},
	 {1, 1}},
	{{TCP(0, 0, 9), TCP(0, 9, 9)}, {1, 1}},
	{{ACK(0, 9), WITH(TCP_ECE, 9, 9)}, {1, 1}},
	{{WITH(TCP_ECE, 0, 9), WITH(TCP_ECE, 9, 9)}, {2}},
	/* Other fields of TCP */
	{{ACK(0, 9), ACK(9, 9, .port = 1)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .acknowledgment = 1)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .window = 1)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .tcp_options = 4)}, {1, 1}},
	{{ACK(0, 9, .tcp_options = 40, .option = 1),
	  ACK(9, 9, .tcp_options = 40, .option = 1)},
	 {2}},
	{{ACK(0, 9, .tcp_options = 12, .option = 1),
	  ACK(9, 9, .tcp_options = 12, .option = 2)},
	 {1, 1}},
	/* IPv4: TOS, TTL, DF, id */
	{{ACK(0, 9, .tos = 3), ACK(9, 9, .tos = 3)}, {2}},
	{{ACK(0, 9), ACK(9, 9, .tos = 1)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .tos = 4)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .ttl = 63)}, {1, 1}},
	{{ACK(0, 9, .fragment = DF), ACK(9, 9, .fragment = DF)}, {2}},
	{{ACK(0, 9, .fragment = DF), ACK(9, 9)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .fragment = DF)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .id = 1)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .id = 0xFFFF)}, {1, 1}},
	{{ACK(0, 9, .id = 0xFFFF), ACK(9, 9, .id = 0xFFFF)}, {2}},
	{{ACK(0, 9, .fragment = DF), ACK(9, 9, .fragment = DF, .id = 1)},
	 {1, 1}},
	/* IPv4: options; fragments, which may be of any flow */
	{{ACK(0, 9, .ip_options = 4), ACK(9, 9, .ip_options = 4)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 9, .ip_options = 4), ACK(18, 9)}, {1, 1, 1}},
	{{ACK(0, 9), ACK(0, 9, .ip_options = 4), ACK(9, 9, .id = 0xFFFF)},
	 {1, 1, 1}},
	{{ACK(0, 9, .fragment = MF), ACK(9, 9, .fragment = MF)}, {1, 1}},
	{{ACK(0, 9, .fragment = 2), ACK(9, 9, .fragment = 2)}, {1, 1}},
	{{ACK(0, 9), UDP(9, .fragment = 2, .port = 1), ACK(9, 9), ACK(18, 9)},
	 {1, 1, 2}},
	/* IPv6: traffic class, hop limit, extensions */
	{{TCP6(0, 9), TCP6(9, 9), TCP6(18, 8), TCP6(26, 8)}, {3, 1}},
	{{TCP6(0, 9), TCP6(9, 9, .tos = 1)}, {1, 1}},
	{{TCP6(0, 9), TCP6(9, 9, .tos = 16)}, {1, 1}},
	{{TCP6(0, 9), TCP6(9, 9, .ttl = 1)}, {1, 1}},
	{{TCP6(0, 9, .tcp_options = 40), TCP6(9, 9, .tcp_options = 40)}, {2}},
	{{TCP6(0, 9, .ip_options = 8), TCP6(9, 9, .ip_options = 8)}, {1, 1}},
	{{TCP6(0, 9), TCP6(9, 9, .ip_options = 8), TCP6(18, 9)}, {1, 1, 1}},
	/* Corrupted: payload, checksum, IPv4 header */
	{{ACK(0, 9, .broken = 48), ACK(9, 9), ACK(18, 9)}, {1, 2}},
	{{ACK(0, 9), ACK(9, 9, .broken = 48), ACK(18, 9)}, {1, 1, 1}},
	{{ACK(0, 9), ACK(9, 9), ACK(18, 9, .broken = 40)}, {2, 1}},
	{{ACK(0, 9), ACK(9, 9), ACK(18, 9, .broken = 36)}, {2, 1}},
	{{ACK(0, 9), ACK(9, 9), ACK(18, 9, .broken = 10)}, {2, 1}},
	{{ACK(0, 9, .broken = 11), ACK(9, 9), ACK(18, 9)}, {1, 2}},
	{{TCP6(0, 9), TCP6(9, 9), TCP6(18, 9, .broken = 60)}, {2, 1}},
	{{UDP(9), UDP(9), UDP(9, .broken = 30)}, {2, 1}},
	{{UDP6(9), UDP6(9, .broken = 50), UDP6(9)}, {1, 1, 1}},
	/* UDP: sizes, another port, a wrong length field */
	{{UDP(9), UDP(9), UDP(9)}, {3}},
	{{UDP6(9), UDP6(9), UDP6(8), UDP6(8)}, {3, 1}},
	{{UDP(9), UDP(8), UDP(9)}, {2, 1}},
	{{UDP(9), UDP(10), UDP(10)}, {1, 2}},
	{{UDP(9), UDP(0), UDP(9)}, {1, 1, 1}},
	{{UDP(9), UDP(9, .port = 1)}, {1, 1}},
	{{UDP(9), UDP(9, .tos = 2)}, {1, 1}},
	{{UDP(9), UDP(9, .broken = 25), UDP(9)}, {1, 1, 1}},
	/* Interleaved flows; packets without a flow do not end an aggregate */
	{{ACK(0, 9), ACK(5, 9, .port = 1), ACK(9, 9), ACK(14, 9, .port = 1)},
	 {2, 2}},
	{{ACK(0, 9), UDP(9, .port = 1), ACK(9, 9), UDP(9, .port = 1)}, {2, 2}},
	{{ACK(0, 9), ICMP, ACK(9, 9)}, {2, 1}},
	{{ICMP, ICMP}, {1, 1}},
	{{TCP6(0, 9), ICMP6, TCP6(9, 9)}, {2, 1}},
};

static void add_row(const struct row *row)
{
	for (size_t n = 0; n < ROWS(row->specs); n++) {
		struct spec spec = row->specs[n];

		if (!spec.version)
			return;
		for (size_t m = 0; m < n; m++)
			if (row->specs[m].port == spec.port)
				spec.id++;
		CHECK(n, add(packets_make(buffers[count], &spec), spec.port));
	}
}

static void test_packets_are_aggregated_if_segmentation_restores_them(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		begin(BOTH);
		add_row(&rows[row]);
		flush();
		CHECK(row, !memcmp(sink.sizes, rows[row].sizes,
				   sizeof(rows[row].sizes)));
		check_order(row);
	}
}

/* If a write is refused, its packets are written unchanged. */
static void test_packets_are_written_singly_when_the_write_is_refused(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		unsigned merged = 0;

		for (size_t n = 0; n < ROWS(rows[row].sizes); n++)
			merged += rows[row].sizes[n] > 1;
		begin(BOTH);
		sink.refuses = true;
		add_row(&rows[row]);
		flush();
		CHECK(row, sink.refused == merged);
		CHECK(row, sink.writes == count);
		check_order(row);
	}
}

static void test_only_enabled_protocols_are_aggregated(void)
{
	static const struct row row = {
		{ACK(0, 9), UDP6(9, .port = 1), ACK(9, 9), UDP6(9, .port = 1)},
		{0}};
	static const struct {
		unsigned features;
		unsigned writes;
	} wanted[] = {{0, 4}, {GRO_TCP, 3}, {GRO_UDP, 3}, {BOTH, 2}};

	for (size_t n = 0; n < ROWS(wanted); n++) {
		begin(wanted[n].features);
		add_row(&row);
		flush();
		CHECK(n, sink.writes == wanted[n].writes);
	}
}

/* The virtio-net header and the headers are those of one large packet. */
static const struct {
	struct row row;
	struct spec large;
	struct virtio_net_header vnet;
} merged[] = {
	{{{ACK(0, 9, .id = 7), TCP(TCP_ACK | TCP_PSH, 9, 5, .id = 7)}, {0}},
	 TCP(TCP_ACK | TCP_PSH, 0, 14, .id = 7),
	 {VIRTIO_NET_NEEDS_CSUM, VIRTIO_NET_GSO_TCPV4, 40, 9, 20, 16}},
	{{{TCP6(0, 9, .tcp_options = 12), TCP6(9, 9, .tcp_options = 12)}, {0}},
	 TCP6(0, 18, .tcp_options = 12),
	 {VIRTIO_NET_NEEDS_CSUM, VIRTIO_NET_GSO_TCPV6, 72, 9, 40, 16}},
	{{{UDP(1000, .fragment = DF), UDP(1000, .fragment = DF)}, {0}},
	 UDP(2000, .fragment = DF),
	 {VIRTIO_NET_NEEDS_CSUM, VIRTIO_NET_GSO_UDP_L4, 28, 1000, 20, 6}},
	{{{UDP6(4), UDP6(4)}, {0}},
	 UDP6(8),
	 {VIRTIO_NET_NEEDS_CSUM, VIRTIO_NET_GSO_UDP_L4, 48, 4, 40, 6}},
};

static void test_aggregate_has_headers_of_one_packet(void)
{
	static uint8_t large[4096];

	for (size_t row = 0; row < ROWS(merged); row++) {
		const struct virtio_net_header *vnet = &merged[row].vnet;
		size_t length = packets_make(large, &merged[row].large);
		uint16_t sum = packets_pseudo(large, merged[row].large.protocol,
					      length - vnet->csum_start);

		store_be16(large + vnet->csum_start + vnet->csum_offset, sum);
		begin(BOTH);
		add_row(&merged[row].row);
		flush();
		CHECK(row, sink.writes == 1);
		CHECK(row, sink.length == VIRTIO_NET_HDR_SIZE + length);
		CHECK(row, !memcmp(&sink.vnet, vnet, VIRTIO_NET_HDR_SIZE));
		CHECK(row, !memcmp(sink.large + VIRTIO_NET_HDR_SIZE, large,
				   vnet->hdr_len));
	}
}

/* A packet that is written alone has an empty virtio-net header. */
static void test_single_packet_has_empty_header(void)
{
	static const struct virtio_net_header empty;
	struct spec spec = ACK(0, 9);

	begin(BOTH);
	CHECK(0, add(packets_make(buffers[0], &spec), 0));
	flush();
	CHECK(0, !memcmp(&sink.vnet, &empty, VIRTIO_NET_HDR_SIZE));
}

static bool take_sizes(void *context, const struct iovec *parts, int count)
{
	struct sink *into = context;

	(void)parts;
	into->sizes[into->writes++] = (unsigned)count - 1;
	return true;
}

/* With DF an id is meaningless (RFC 6864), and many senders leave it at 0. */
static void test_equal_ids_are_aggregated_with_df_only(void)
{
	struct spec spec = UDP(9, .fragment = DF, .id = 3);

	begin(BOTH);
	for (unsigned n = 0; n < 3; n++)
		CHECK(n, add(packets_make(buffers[n], &spec), 0));
	gro_flush(&gro, take_sizes, &sink);
	CHECK(0, sink.writes == 1 && sink.sizes[0] == 3);

	begin(BOTH);
	spec.fragment = 0;
	for (unsigned n = 0; n < 3; n++)
		CHECK(n, add(packets_make(buffers[n], &spec), 0));
	gro_flush(&gro, take_sizes, &sink);
	CHECK(1, sink.writes == 3);
}

/* Make the checksum valid with the first two bytes of the payload. */
static void set_payload_for_sum(uint8_t *packet, size_t length)
{
	uint32_t sum = packets_pseudo(packet, IP_PROTOCOL_UDP, length - 20);

	store_be16(packet + 28, 0);
	sum = packets_sum(sum, packet + 20, length - 20);
	store_be16(packet + 28, (uint16_t)~packets_fold(sum));
}

/* UDP with a valid checksum that GSO would change: it would add a checksum
 * where there is none, and correct a length below that of the packet. */
static void test_udp_that_gso_would_change_is_written_alone(void)
{
	static const struct {
		uint8_t at;
		uint16_t value;
	} changes[] = {{26, 0}, {24, 17}};

	for (size_t row = 0; row < ROWS(changes); row++) {
		begin(BOTH);
		for (uint16_t n = 0; n < 2; n++) {
			struct spec spec = UDP(10, .id = n);
			uint8_t *packet = buffers[n];
			size_t length = packets_make(packet, &spec);

			store_be16(packet + changes[row].at,
				   changes[row].value);
			set_payload_for_sum(packet, length);
			CHECK(row, add(length, 0));
		}
		flush();
		CHECK(row, sink.writes == 2);
	}
}

/* Full bursts of one packet size, and the writes that they need. */
static void test_aggregates_end_at_their_limits(void)
{
	static const struct {
		uint16_t payload;
		unsigned sizes[5];
	} wanted[] = {
		{1, {63, 63, 63, 3}},
		{1039, {63, 63, 63, 3}}, /* 65457 and 40 of headers */
		{1040, {62, 62, 62, 6}},
		{1400, {46, 46, 46, 46, 8}},
	};

	for (size_t row = 0; row < ROWS(wanted); row++) {
		uint16_t payload = wanted[row].payload;

		begin(BOTH);
		for (uint16_t n = 0; n < GRO_MAX_PACKETS; n++) {
			struct spec spec =
				ACK((uint32_t)n * payload, payload, .id = n);

			CHECK(row, add(packets_make(buffers[n], &spec), 0));
		}
		CHECK(row, !gro_add(&gro, buffers[0], lengths[0]));
		flush();
		CHECK(row, !memcmp(sink.sizes, wanted[row].sizes,
				   sizeof(wanted[row].sizes)));
		check_order(row);
	}
}

/* 62 packets make 64520 bytes; the last is added if the sum is at most 65535.
 */
static void test_largest_aggregate_has_65535_bytes(void)
{
	for (uint16_t last = 1014; last <= 1016; last++) {
		unsigned writes = last <= 1015 ? 1 : 2;

		begin(BOTH);
		for (uint16_t n = 0; n < 63; n++) {
			struct spec spec = ACK((uint32_t)n * 1040,
					       n < 62 ? 1040 : last, .id = n);

			CHECK(last, add(packets_make(buffers[n], &spec), 0));
		}
		flush();
		CHECK(last, sink.writes == writes);
	}
}

/* Each of many interleaved flows has an aggregate of its own. */
static void test_each_flow_has_its_own_aggregate(void)
{
	const uint16_t half = GRO_MAX_PACKETS / 2;

	begin(BOTH);
	for (uint16_t n = 0; n < GRO_MAX_PACKETS; n++) {
		uint16_t flow = n % half, turn = n / half;
		struct spec spec = ACK(turn * 9u, 9, .id = turn,
				       .port = (uint16_t)(flow * flow));

		CHECK(n, add(packets_make(buffers[n], &spec), flow));
	}
	flush();
	CHECK(0, sink.writes == half);
}

/* Flows with equal hashes are distinguished by their headers. */
static void test_flows_with_equal_hashes_are_distinguished(void)
{
	static const struct spec specs[][2] = {
		{ACK(0, 9), ACK(9, 9, .port = 1, .id = 1)},
		{TCP6(0, 9), TCP6(9, 9, .port = 1)},
		{UDP(9), UDP(9, .port = 1, .id = 1)},
		{UDP6(9), UDP6(9, .port = 1)},
		{UDP(9), UDP6(9)},
		{UDP6(9), UDP(9)},
		{ACK(0, 9), UDP(9, .id = 1)},
	};

	for (size_t row = 0; row < ROWS(specs); row++) {
		struct gro_headers headers[2];

		for (unsigned n = 0; n < 2; n++) {
			size_t length =
				packets_make(buffers[n], &specs[row][n]);

			CHECK(row, gro_parse(&headers[n], buffers[n], length) ==
					   GRO_MERGE);
		}
		CHECK(row, !gro_can_append(&headers[0], buffers[0], 1, 9,
					   &headers[1], buffers[1]));
	}
}

/* A flush resets everything but the features. */
static void test_flush_resets_all_flows(void)
{
	begin(GRO_TCP);
	for (unsigned burst = 0; burst < 3; burst++) {
		struct spec spec = ACK(burst * 9, 9, .id = (uint16_t)burst);

		CHECK(burst, add(packets_make(buffers[count], &spec), 0));
		flush();
		CHECK(burst, sink.writes == burst + 1);
	}
}

/* The next packet of a flow, sometimes with a field that ends an aggregate. */
static struct spec next_of_flow(struct spec *flow, uint32_t *state)
{
	static const uint16_t sizes[] = {100, 100, 100, 100, 40, 0, 101};
	struct spec spec = *flow;
	uint32_t chance = test_random(state) % 40;

	spec.payload = sizes[test_random(state) % ROWS(sizes)];
	if (chance == 0)
		spec.flags ^= TCP_PSH;
	if (chance == 1)
		spec.flags ^= TCP_FIN;
	if (chance == 2)
		spec.tos ^= 1;
	if (chance == 3)
		spec.sequence++;
	if (chance == 4)
		spec.broken = spec.version == 4 ? 30 : 50;
	if (chance == 5)
		spec.ip_options = 8;
	flow->sequence = spec.sequence + spec.payload;
	flow->id++;
	return spec;
}

#define FLOWS 8

static void begin_flows(struct spec *flows_of_burst, uint32_t *state)
{
	for (uint16_t n = 0; n < FLOWS; n++)
		flows_of_burst[n] = (struct spec){
			.version = n & 1 ? 4 : 6,
			.protocol = n & 2 ? IP_PROTOCOL_TCP : IP_PROTOCOL_UDP,
			.flags = TCP_ACK,
			.port = n,
			.id = (uint16_t)test_random(state),
			.sequence = test_random(state),
		};
}

static void test_random_bursts_are_restored(void)
{
	uint32_t state = 3;
	unsigned packets = 0, writes = 0;

	for (unsigned long round = 0; round < 1000; round++) {
		struct spec specs[FLOWS];
		unsigned size = test_random(&state) % (GRO_MAX_PACKETS + 1);

		begin(BOTH);
		sink.refuses = round % 4 == 0;
		begin_flows(specs, &state);
		while (count < size) {
			unsigned n = test_random(&state) % FLOWS;
			struct spec spec = next_of_flow(&specs[n], &state);

			CHECK(round,
			      add(packets_make(buffers[count], &spec), n));
		}
		flush();
		check_order(round);
		if (!sink.refuses) {
			packets += sink.packets;
			writes += sink.writes;
		}
	}
	CHECK(0, writes < packets * 3 / 4); /* packets were aggregated */
}

/* Truncate the packet, with its length field or without, or change a byte. */
static size_t damage(uint8_t *packet, size_t length, uint32_t *state)
{
	bool ipv4 = packet[0] >> 4 == 4;

	if (test_random(state) % 3 == 0)
		length = 1 + test_random(state) % length;
	if (test_random(state) % 2 && length > 5)
		store_be16(packet + (ipv4 ? 2 : 4),
			   (uint16_t)(length - (ipv4 ? 0 : 40)));
	if (test_random(state) % 3 == 0)
		packet[test_random(state) % length] =
			(uint8_t)test_random(state);
	return length;
}

/* Memory of exactly that size, so that a sanitizer finds accesses beyond it. */
static uint8_t *copy_of(const uint8_t *packet, size_t length)
{
	uint8_t *copy = malloc(length);

	CHECK(length, copy);
	return copy ? memcpy(copy, packet, length) : NULL;
}

/* Malformed packets are written unchanged. */
static void test_malformed_packets_are_written_unchanged(void)
{
	uint8_t *copies[GRO_MAX_PACKETS];
	uint32_t state = 4;

	for (unsigned long round = 0; round < 5000; round++) {
		struct spec specs[FLOWS];
		unsigned size = test_random(&state) % 33;

		begin(BOTH);
		begin_flows(specs, &state);
		for (count = 0; count < size; count++) {
			unsigned n = test_random(&state) % FLOWS;
			struct spec spec = next_of_flow(&specs[n], &state);
			size_t length = packets_make(originals[count], &spec);

			length = damage(originals[count], length, &state);
			lengths[count] = length;
			copies[count] = copy_of(originals[count], length);
			CHECK(round, gro_add(&gro, copies[count], length));
		}
		flush();
		for (unsigned n = 0; n < size; n++)
			free(copies[n]);
	}
}

int main(void)
{
	test_packets_are_aggregated_if_segmentation_restores_them();
	test_packets_are_written_singly_when_the_write_is_refused();
	test_only_enabled_protocols_are_aggregated();
	test_aggregate_has_headers_of_one_packet();
	test_single_packet_has_empty_header();
	test_equal_ids_are_aggregated_with_df_only();
	test_udp_that_gso_would_change_is_written_alone();
	test_aggregates_end_at_their_limits();
	test_largest_aggregate_has_65535_bytes();
	test_each_flow_has_its_own_aggregate();
	test_flows_with_equal_hashes_are_distinguished();
	test_flush_resets_all_flows();
	test_random_bursts_are_restored();
	test_malformed_packets_are_written_unchanged();
	return test_result();
}
