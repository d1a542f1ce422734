/* What is merged, what is not, and that segmentation gives back what came. */
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

/* A burst: the packets as they came, and their memory as it was lent. */
static uint8_t came[GRO_MAX_PACKETS][LARGEST];
static uint8_t lent[GRO_MAX_PACKETS][LARGEST];
static size_t lengths[GRO_MAX_PACKETS];
static unsigned flows[GRO_MAX_PACKETS];
static unsigned count;

/* What was written: packets of each write, and which of the burst each is. */
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

/* The first packet of the burst with these bytes, or `count`. */
static unsigned find(const uint8_t *packet, size_t length)
{
	unsigned n = 0;

	while (n < count && (sink.seen[n] || lengths[n] != length ||
			     memcmp(came[n], packet, length)))
		n++;
	return n;
}

static void note(const uint8_t *packet, size_t length)
{
	unsigned n = find(packet, length);

	CHECK(n, n < count);
	if (n == count)
		return;
	sink.seen[n] = true;
	sink.origins[sink.packets++] = n;
}

static void gather(const struct iovec *parts, int number)
{
	sink.length = 0;
	for (int n = 0; n < number; n++) {
		CHECK(n, sink.length + parts[n].iov_len <= sizeof(sink.large));
		memcpy(sink.large + sink.length, parts[n].iov_base,
		       parts[n].iov_len);
		sink.length += parts[n].iov_len;
	}
}

static bool write_to_sink(void *context, const struct iovec *parts, int number)
{
	static uint8_t out[65535];
	struct gso gso;
	size_t length;

	CHECK(0, context == &sink);
	CHECK(0, number >= 2 && number <= GRO_MAX_PARTS);
	if (sink.refuses && number > 2) {
		sink.refused++;
		return false;
	}
	gather(parts, number);
	sink.vnet = virtio_net_load(sink.large);
	sink.sizes[sink.writes++] = (unsigned)number - 1;
	CHECK(0, !gso_init(&gso, &sink.vnet, sink.large + VIRTIO_NET_HDR_SIZE,
			   sink.length - VIRTIO_NET_HDR_SIZE));
	while ((length = gso_next(&gso, out, sizeof(out))))
		note(out, length);
	return true;
}

static void begin(unsigned features)
{
	gro_init(&gro, features);
	count = 0;
	memset(&sink, 0, sizeof(sink));
}

/* The packet last put into `lent` joins the burst. */
static bool add(size_t length, unsigned flow)
{
	memcpy(came[count], lent[count], length);
	lengths[count] = length;
	flows[count] = flow;
	return gro_add(&gro, lent[count++], length);
}

static void flush(void)
{
	gro_flush(&gro, write_to_sink, &sink);
	CHECK(count, sink.packets == count);
}

/* No packet of a flow has overtaken another. */
static void check_order(unsigned long row)
{
	bool kept = true;

	for (unsigned n = 1; n < sink.packets; n++)
		for (unsigned m = 0; m < n; m++)
			kept &= sink.origins[m] < sink.origins[n] ||
				flows[sink.origins[m]] !=
					flows[sink.origins[n]];
	CHECK(row, kept);
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

/* Packets, and how many each write has. Ids count on by port, unless `id` says
 * what to add to that. */
static const struct row {
	struct spec specs[5];
	unsigned sizes[5];
} rows[] = {
	/* Sizes: all the same, and a last one that may be smaller */
	{{ACK(0, 9), ACK(9, 9), ACK(18, 9)}, {3}},
	{{ACK(0, 9), ACK(9, 9), ACK(18, 1)}, {3}},
	{{ACK(0, 9), ACK(9, 8), ACK(17, 8), ACK(25, 8)}, {2, 2}},
	{{ACK(0, 9), ACK(9, 10)}, {1, 1}},
	{{ACK(0, 9), ACK(9, 0), ACK(9, 9)}, {1, 1, 1}},
	{{ACK(0, 0), ACK(0, 0)}, {1, 1}},
	{{ACK(0, 1400), ACK(1400, 1400), ACK(2800, 700)}, {3}},
	/* The sequence: a gap, a repetition, a step back, the wrap */
	{{ACK(0, 9), ACK(10, 9), ACK(19, 9)}, {1, 2}},
	{{ACK(0, 9), ACK(0, 9), ACK(9, 9)}, {1, 2}},
	{{ACK(9, 9), ACK(0, 9)}, {1, 1}},
	{{ACK(0xFFFFFFFA, 9), ACK(3, 9)}, {2}},
	/* PSH is the end of a run */
	{{ACK(0, 9), PSH(9, 9), ACK(18, 9)}, {2, 1}},
	{{PSH(0, 9), ACK(9, 9), ACK(18, 9)}, {1, 2}},
	/* Flags that do not travel in a crowd */
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
	/* So many options that the offset says 0 */
	{{ACK(0, 9, .tcp_options = 236), ACK(265, 9, .tcp_options = 236)},
	 {1, 1}},
	{{TCP(0, 0, 9), TCP(0, 9, 9)}, {1, 1}},
	{{ACK(0, 9), WITH(TCP_ECE, 9, 9)}, {1, 1}},
	{{WITH(TCP_ECE, 0, 9), WITH(TCP_ECE, 9, 9)}, {2}},
	/* What else TCP says */
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
	/* IPv4: options, and fragments, which may be of any flow */
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
	/* Damaged: payload, checksum, and IPv4's header alone */
	{{ACK(0, 9, .broken = 48), ACK(9, 9), ACK(18, 9)}, {1, 2}},
	{{ACK(0, 9), ACK(9, 9, .broken = 48), ACK(18, 9)}, {1, 1, 1}},
	{{ACK(0, 9), ACK(9, 9), ACK(18, 9, .broken = 40)}, {2, 1}},
	{{ACK(0, 9), ACK(9, 9), ACK(18, 9, .broken = 36)}, {2, 1}},
	{{ACK(0, 9), ACK(9, 9), ACK(18, 9, .broken = 10)}, {2, 1}},
	{{ACK(0, 9, .broken = 11), ACK(9, 9), ACK(18, 9)}, {1, 2}},
	{{TCP6(0, 9), TCP6(9, 9), TCP6(18, 9, .broken = 60)}, {2, 1}},
	{{UDP(9), UDP(9), UDP(9, .broken = 30)}, {2, 1}},
	{{UDP6(9), UDP6(9, .broken = 50), UDP6(9)}, {1, 1, 1}},
	/* UDP: sizes, another port, a length that is not the packet's */
	{{UDP(9), UDP(9), UDP(9)}, {3}},
	{{UDP6(9), UDP6(9), UDP6(8), UDP6(8)}, {3, 1}},
	{{UDP(9), UDP(8), UDP(9)}, {2, 1}},
	{{UDP(9), UDP(10), UDP(10)}, {1, 2}},
	{{UDP(9), UDP(0), UDP(9)}, {1, 1, 1}},
	{{UDP(9), UDP(9, .port = 1)}, {1, 1}},
	{{UDP(9), UDP(9, .tos = 2)}, {1, 1}},
	{{UDP(9), UDP(9, .broken = 25), UDP(9)}, {1, 1, 1}},
	/* Flows side by side; what is of none is not in the way */
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
		CHECK(n, add(packets_make(lent[count], &spec), spec.port));
	}
}

static void test_rows(void)
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

/* Each packet comes again as it was, in place of a write that was refused. */
static void test_refused_writes(void)
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

static void test_features(void)
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

/* The vnet header and the packet written are those of one large packet. */
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

static void test_merged_headers(void)
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

/* Packets that travel alone have an empty vnet header. */
static void test_nothing_is_claimed_of_one(void)
{
	static const struct virtio_net_header empty;
	struct spec spec = ACK(0, 9);

	begin(BOTH);
	CHECK(0, add(packets_make(lent[0], &spec), 0));
	flush();
	CHECK(0, !memcmp(&sink.vnet, &empty, VIRTIO_NET_HDR_SIZE));
}

static bool take_sizes(void *context, const struct iovec *parts, int number)
{
	struct sink *into = context;

	(void)parts;
	into->sizes[into->writes++] = (unsigned)number - 1;
	return true;
}

/* With DF an id says nothing (RFC 6864), and many senders leave it at 0. */
static void test_ids_that_stay(void)
{
	struct spec spec = UDP(9, .fragment = DF, .id = 3);

	begin(BOTH);
	for (unsigned n = 0; n < 3; n++)
		CHECK(n, add(packets_make(lent[n], &spec), 0));
	gro_flush(&gro, take_sizes, &sink);
	CHECK(0, sink.writes == 1 && sink.sizes[0] == 3);

	begin(BOTH);
	spec.fragment = 0;
	for (unsigned n = 0; n < 3; n++)
		CHECK(n, add(packets_make(lent[n], &spec), 0));
	gro_flush(&gro, take_sizes, &sink);
	CHECK(1, sink.writes == 3);
}

/* The first two bytes of a UDP packet's payload make its sum right. */
static void set_payload_for_sum(uint8_t *packet, size_t length)
{
	uint32_t sum = packets_pseudo(packet, IP_PROTOCOL_UDP, length - 20);

	store_be16(packet + 28, 0);
	sum = packets_sum(sum, packet + 20, length - 20);
	store_be16(packet + 28, (uint16_t)~packets_fold(sum));
}

/* UDP that GSO would change, though the checksum is right: it would give one to
 * what has none, and a length that ends before the packet would be lost. */
static void test_udp_that_would_change(void)
{
	static const struct {
		uint8_t at;
		uint16_t value;
	} changes[] = {{26, 0}, {24, 17}};

	for (size_t row = 0; row < ROWS(changes); row++) {
		begin(BOTH);
		for (uint16_t n = 0; n < 2; n++) {
			struct spec spec = UDP(10, .id = n);
			uint8_t *packet = lent[n];
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

/* As many packets as there are of one size, and the writes they need. */
static void test_limits(void)
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

			CHECK(row, add(packets_make(lent[n], &spec), 0));
		}
		CHECK(row, !gro_add(&gro, lent[0], lengths[0]));
		flush();
		CHECK(row, !memcmp(sink.sizes, wanted[row].sizes,
				   sizeof(wanted[row].sizes)));
		check_order(row);
	}
}

/* 62 packets make 64520 bytes; the last fits if they are 65535 with it. */
static void test_the_largest(void)
{
	for (uint16_t last = 1014; last <= 1016; last++) {
		unsigned writes = last <= 1015 ? 1 : 2;

		begin(BOTH);
		for (uint16_t n = 0; n < 63; n++) {
			struct spec spec = ACK((uint32_t)n * 1040,
					       n < 62 ? 1040 : last, .id = n);

			CHECK(last, add(packets_make(lent[n], &spec), 0));
		}
		flush();
		CHECK(last, sink.writes == writes);
	}
}

/* Each of many flows, side by side, has its own run. */
static void test_many_flows(void)
{
	const uint16_t half = GRO_MAX_PACKETS / 2;

	begin(BOTH);
	for (uint16_t n = 0; n < GRO_MAX_PACKETS; n++) {
		uint16_t flow = n % half, turn = n / half;
		struct spec spec = ACK(turn * 9u, 9, .id = turn,
				       .port = (uint16_t)(flow * flow));

		CHECK(n, add(packets_make(lent[n], &spec), flow));
	}
	flush();
	CHECK(0, sink.writes == half);
}

/* Flows are told apart by what they are, not by a hash alone. */
static void test_a_hash_is_not_enough(void)
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
			size_t length = packets_make(lent[n], &specs[row][n]);

			CHECK(row, gro_parse(&headers[n], lent[n], length) ==
					   GRO_MERGE);
		}
		CHECK(row, !gro_can_append(&headers[0], lent[0], 1, 9,
					   &headers[1], lent[1]));
	}
}

/* After a flush all is forgotten but the features. */
static void test_bursts_are_apart(void)
{
	begin(GRO_TCP);
	for (unsigned burst = 0; burst < 3; burst++) {
		struct spec spec = ACK(burst * 9, 9, .id = (uint16_t)burst);

		CHECK(burst, add(packets_make(lent[count], &spec), 0));
		flush();
		CHECK(burst, sink.writes == burst + 1);
	}
}

/* The next packet of one of a few flows, now and then out of step. */
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

static void test_round_trips(void)
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

			CHECK(round, add(packets_make(lent[count], &spec), n));
		}
		flush();
		check_order(round);
		if (!sink.refuses) {
			packets += sink.packets;
			writes += sink.writes;
		}
	}
	CHECK(0, writes < packets * 3 / 4); /* it did merge */
}

/* Cut short, the length field with it or not, or a byte changed. */
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

/* Memory of just that size, so that a sanitizer sees any step beyond. */
static uint8_t *copy_of(const uint8_t *packet, size_t length)
{
	uint8_t *copy = malloc(length);

	CHECK(length, copy);
	return copy ? memcpy(copy, packet, length) : NULL;
}

/* Whatever it is, it goes out as it came. */
static void test_hostile_packets(void)
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
			size_t length = packets_make(came[count], &spec);

			length = damage(came[count], length, &state);
			lengths[count] = length;
			copies[count] = copy_of(came[count], length);
			CHECK(round, gro_add(&gro, copies[count], length));
		}
		flush();
		for (unsigned n = 0; n < size; n++)
			free(copies[n]);
	}
}

int main(void)
{
	test_rows();
	test_refused_writes();
	test_features();
	test_merged_headers();
	test_nothing_is_claimed_of_one();
	test_ids_that_stay();
	test_udp_that_would_change();
	test_limits();
	test_the_largest();
	test_many_flows();
	test_a_hash_is_not_enough();
	test_bursts_are_apart();
	test_round_trips();
	test_hostile_packets();
	return test_result();
}
