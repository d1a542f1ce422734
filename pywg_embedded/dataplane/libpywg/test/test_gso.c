/* GSO: a large packet is cut into the packets that would have been sent without
 * it. */
#include "byteorder.h"
#include "offload/gso.h"
#include "packets.h"
#include "test.h"

#include <errno.h>

#define ALL_FLAGS (TCP_FIN | TCP_PSH | TCP_ACK | TCP_ECE | TCP_CWR)

static uint8_t large[65535], out[65535], expected[65535];

/* As the kernel passes it: hdr_len is too large, and the checksum field holds
 * the sum of the pseudo-header. */
static struct virtio_net_header make_large(const struct spec *spec,
					   uint8_t gso_type, uint16_t gso_size,
					   size_t *length)
{
	bool tcp = spec->protocol == IP_PROTOCOL_TCP;
	size_t transport = packets_transport(spec);
	struct virtio_net_header header = {
		.flags = VIRTIO_NET_NEEDS_CSUM,
		.gso_type = gso_type,
		.hdr_len = 0xFFFF,
		.gso_size = gso_size,
		.csum_start = (uint16_t)transport,
		.csum_offset = tcp ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT,
	};

	*length = packets_make(large, spec);
	store_be16(large + transport + header.csum_offset,
		   packets_pseudo(large, spec->protocol, *length - transport));
	return header;
}

/* Build segment `index`. */
static size_t make_expected(struct spec spec, uint16_t size, uint16_t index)
{
	uint32_t offset = (uint32_t)size * index;
	uint32_t rest = spec.payload - offset;

	spec.id = (uint16_t)(spec.id + index);
	spec.sequence += offset;
	spec.payload = (uint16_t)(rest < size ? rest : size);
	if (rest > size)
		spec.flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (index)
		spec.flags &= (uint8_t)~TCP_CWR;
	return packets_make(expected, &spec);
}

/* A large packet, its segment size, and the number of segments. */
static const struct {
	uint8_t gso_type;
	uint16_t size;
	uint16_t count;
	struct spec spec;
} rows[] = {
	/* Equal segments, a shorter last one, a single one, no payload */
	{VIRTIO_NET_GSO_TCPV4, 1000, 3, {4, IP_PROTOCOL_TCP, .payload = 3000}},
	{VIRTIO_NET_GSO_TCPV4, 1000, 4, {4, IP_PROTOCOL_TCP, .payload = 3001}},
	{VIRTIO_NET_GSO_TCPV4, 1000, 1, {4, IP_PROTOCOL_TCP, .payload = 1000}},
	{VIRTIO_NET_GSO_TCPV4, 1000, 1, {4, IP_PROTOCOL_TCP, .payload = 1}},
	{VIRTIO_NET_GSO_TCPV4, 1000, 1, {4, IP_PROTOCOL_TCP, .payload = 0}},
	{VIRTIO_NET_GSO_TCPV6, 1000, 3, {6, IP_PROTOCOL_TCP, .payload = 3000}},
	{VIRTIO_NET_GSO_TCPV6, 1000, 4, {6, IP_PROTOCOL_TCP, .payload = 3999}},
	{VIRTIO_NET_GSO_UDP_L4, 500, 4, {4, IP_PROTOCOL_UDP, .payload = 2000}},
	{VIRTIO_NET_GSO_UDP_L4, 500, 5, {4, IP_PROTOCOL_UDP, .payload = 2001}},
	{VIRTIO_NET_GSO_UDP_L4, 500, 5, {6, IP_PROTOCOL_UDP, .payload = 2499}},
	{VIRTIO_NET_GSO_UDP_L4, 1, 9, {6, IP_PROTOCOL_UDP, .payload = 9}},
	{VIRTIO_NET_GSO_UDP_L4, 500, 1, {4, IP_PROTOCOL_UDP, .payload = 0}},
	/* Odd sizes, options of both headers, extension headers */
	{VIRTIO_NET_GSO_TCPV4,
	 1387,
	 4,
	 {4, IP_PROTOCOL_TCP, .payload = 5000, .tcp_options = 12, .option = 8}},
	{VIRTIO_NET_GSO_TCPV4,
	 99,
	 6,
	 {4, IP_PROTOCOL_TCP, .payload = 511, .ip_options = 40}},
	{VIRTIO_NET_GSO_TCPV6,
	 99,
	 6,
	 {6, IP_PROTOCOL_TCP, .payload = 511, .ip_options = 24}},
	{VIRTIO_NET_GSO_UDP_L4,
	 99,
	 6,
	 {6, IP_PROTOCOL_UDP, .payload = 511, .ip_options = 8}},
	/* FIN and PSH on the last, CWR on the first, for all GSO types */
	{VIRTIO_NET_GSO_TCPV4,
	 10,
	 3,
	 {4, IP_PROTOCOL_TCP, .payload = 30, .flags = ALL_FLAGS}},
	{VIRTIO_NET_GSO_TCPV4 | VIRTIO_NET_GSO_ECN,
	 10,
	 3,
	 {4, IP_PROTOCOL_TCP, .payload = 30, .flags = ALL_FLAGS}},
	{VIRTIO_NET_GSO_TCPV6 | VIRTIO_NET_GSO_ECN,
	 10,
	 2,
	 {6, IP_PROTOCOL_TCP, .payload = 15, .flags = ALL_FLAGS}},
	{VIRTIO_NET_GSO_TCPV4,
	 10,
	 1,
	 {4, IP_PROTOCOL_TCP, .payload = 10, .flags = ALL_FLAGS}},
	/* Id and sequence number wrap; the id is incremented with DF too */
	{VIRTIO_NET_GSO_TCPV4,
	 10,
	 4,
	 {4, IP_PROTOCOL_TCP, .payload = 40, .id = 65534, .fragment = 0x4000}},
	{VIRTIO_NET_GSO_TCPV4,
	 10,
	 4,
	 {4, IP_PROTOCOL_TCP, .payload = 40, .sequence = 0xFFFFFFF5}},
	/* The largest packets */
	{VIRTIO_NET_GSO_TCPV4,
	 1400,
	 47,
	 {4, IP_PROTOCOL_TCP, .payload = 65495}},
	{VIRTIO_NET_GSO_TCPV6,
	 1400,
	 47,
	 {6, IP_PROTOCOL_TCP, .payload = 65475}},
};

static void test_segments_equal_packets_sent_singly(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		const struct spec *spec = &rows[row].spec;
		size_t length;
		struct virtio_net_header header = make_large(
			spec, rows[row].gso_type, rows[row].size, &length);
		struct gso gso;

		CHECK(row, !gso_init(&gso, &header, large, length));
		for (uint16_t n = 0; n < rows[row].count; n++) {
			size_t wanted = make_expected(*spec, rows[row].size, n);

			length = gso_next(&gso, out, sizeof(out));
			CHECK(row, length == wanted);
			CHECK(row, !memcmp(out, expected, wanted));
		}
		CHECK(row, !gso_next(&gso, out, sizeof(out)));
	}
}

/* A packet that is not cut, with and without a checksum to complete. */
static void test_partial_checksum_is_completed(void)
{
	static const struct spec specs[] = {
		{4, IP_PROTOCOL_TCP, .payload = 77, .fragment = 0x4000,
		 .id = 9},
		{6, IP_PROTOCOL_TCP, .payload = 0},
		{4, IP_PROTOCOL_UDP, .payload = 1472},
		{6, IP_PROTOCOL_UDP, .payload = 1, .ip_options = 16},
	};

	for (size_t row = 0; row < ROWS(specs); row++) {
		size_t length, wanted = packets_make(expected, &specs[row]);
		struct virtio_net_header header = make_large(
			&specs[row], VIRTIO_NET_GSO_NONE, 0, &length);
		struct gso gso;

		CHECK(row, !gso_init(&gso, &header, large, length));
		CHECK(row, gso_next(&gso, out, wanted) == wanted);
		CHECK(row, !memcmp(out, expected, wanted));
		CHECK(row, !gso_next(&gso, out, sizeof(out)));
	}
}

/* A payload for which the checksum is 0: with UDP that means no checksum, and
 * the kernel writes it to TCP segments only. */
static const struct {
	uint8_t protocol;
	uint8_t gso_type;
	uint16_t checksum;
} zeros[] = {
	{IP_PROTOCOL_UDP, VIRTIO_NET_GSO_UDP_L4, 0xFFFF},
	{IP_PROTOCOL_UDP, VIRTIO_NET_GSO_NONE, 0xFFFF},
	{IP_PROTOCOL_TCP, VIRTIO_NET_GSO_TCPV4, 0},
	{IP_PROTOCOL_TCP, VIRTIO_NET_GSO_NONE, 0xFFFF},
};

static void test_zero_checksum_is_inverted_except_in_tcp_segments(void)
{
	for (size_t row = 0; row < ROWS(zeros); row++) {
		uint8_t protocol = zeros[row].protocol;
		struct spec spec = {4, protocol, .payload = 2};
		size_t at = packets_headers(&spec), length;
		struct virtio_net_header header =
			make_large(&spec, zeros[row].gso_type, 2, &length);
		struct gso gso;

		store_be16(large + at, 0);
		store_be16(large + at, packets_checksum(large, large + 20,
							protocol, length - 20));
		CHECK(row, !gso_init(&gso, &header, large, length));
		CHECK(row, gso_next(&gso, out, length) == length);
		CHECK(row, load_be16(out + 20 + header.csum_offset) ==
				   zeros[row].checksum);
	}
}

/* Start and offset of the checksum in a packet of 60 bytes. */
static void test_checksum_beyond_the_end_is_refused(void)
{
	static const struct {
		uint16_t start, offset;
		int result;
	} ends[] = {
		{20, 38, 0},	      {20, 39, -EINVAL},
		{58, 0, 0},	      {59, 0, -EINVAL},
		{60, 0, -EINVAL},     {0xFFFF, 0, -EINVAL},
		{0, 0xFFFF, -EINVAL}, {0xFFFF, 0xFFFF, -EINVAL},
	};

	for (size_t row = 0; row < ROWS(ends); row++) {
		struct virtio_net_header header = {
			.flags = VIRTIO_NET_NEEDS_CSUM,
			.csum_start = ends[row].start,
			.csum_offset = ends[row].offset};
		struct gso gso;

		CHECK(row,
		      gso_init(&gso, &header, large, 60) == ends[row].result);
	}
}

static void test_packet_without_gso_is_copied(void)
{
	static const struct virtio_net_header headers[] = {
		{.flags = 0},
		{.flags = VIRTIO_NET_DATA_VALID},
		{.hdr_len = 1, .gso_size = 1, .csum_start = 9999},
	};

	for (size_t row = 0; row < ROWS(headers); row++) {
		struct gso gso;

		CHECK(row, !gso_init(&gso, &headers[row],
				     (const uint8_t *)"odd", 3));
		CHECK(row, !gso_next(&gso, out, 2));
		CHECK(row, gso_next(&gso, out, 3) == 3);
		CHECK(row, !memcmp(out, "odd", 3));
		CHECK(row, !gso_next(&gso, out, 3));
	}
}

/* Valid TCP packets, and the change that makes them invalid. */
static const struct {
	uint8_t version;
	enum { FLAGS, TYPE, SIZE, START, OFFSET, BYTE, LENGTH } field;
	uint16_t value;
	uint8_t at;
} invalid[] = {
	{4, FLAGS, 0, 0},
	{4, FLAGS, VIRTIO_NET_DATA_VALID, 0},
	{4, TYPE, VIRTIO_NET_GSO_TCPV6, 0},
	{4, TYPE, VIRTIO_NET_GSO_UDP_L4, 0},
	{4, TYPE, VIRTIO_NET_GSO_ECN, 0},
	{4, TYPE, 2, 0},
	{4, TYPE, 3, 0}, /* UFO, never requested */
	{4, TYPE, 0x7F, 0},
	{4, SIZE, 0, 0},
	{4, START, 0, 0},
	{4, START, 19, 0},
	{4, START, 21, 0},
	{4, START, 24, 0},
	{4, START, 71, 0},
	{4, START, 0xFFFF, 0},
	{4, OFFSET, 6, 0},
	{4, OFFSET, 0, 0},
	{4, OFFSET, 52, 0},
	{4, OFFSET, 0xFFFF, 0},
	{4, BYTE, 0x65, 0}, /* version */
	{4, BYTE, 0x46, 0}, /* header longer than where TCP starts */
	{4, BYTE, IP_PROTOCOL_UDP, 9},
	{4, BYTE, 71, 3}, /* total length */
	{4, BYTE, 73, 3},
	{4, BYTE, 0x40, 32}, /* TCP header of 16 bytes */
	{4, LENGTH, 0, 0},
	{4, LENGTH, 19, 0},
	{4, LENGTH, 20, 0},
	{4, LENGTH, 37, 0},
	{4, LENGTH, 38, 0},
	{4, LENGTH, 71, 0},
	{6, FLAGS, 0, 0},
	{6, TYPE, VIRTIO_NET_GSO_TCPV4, 0},
	{6, START, 0, 0},
	{6, START, 12, 0}, /* where the address looks like a TCP header */
	{6, START, 39, 0},
	{6, START, 91, 0},
	{6, OFFSET, 6, 0},
	{6, BYTE, 51, 5}, /* payload length */
	{6, BYTE, 53, 5},
	{6, BYTE, 0x40, 52},
	{6, BYTE, 0xF0, 52},
	{6, LENGTH, 57, 0},
};

static void change(struct virtio_net_header *header, size_t *length, size_t row)
{
	uint16_t value = invalid[row].value;

	switch (invalid[row].field) {
	case FLAGS:
		header->flags = (uint8_t)value;
		break;
	case TYPE:
		header->gso_type = (uint8_t)value;
		break;
	case SIZE:
		header->gso_size = value;
		break;
	case START:
		header->csum_start = value;
		break;
	case OFFSET:
		header->csum_offset = value;
		break;
	case BYTE:
		large[invalid[row].at] = (uint8_t)value;
		break;
	case LENGTH:
		*length = value;
	}
}

static void test_invalid_headers_are_refused(void)
{
	for (size_t row = 0; row < ROWS(invalid); row++) {
		struct spec spec = {invalid[row].version, IP_PROTOCOL_TCP,
				    .payload = 32};
		size_t length;
		struct virtio_net_header header =
			make_large(&spec,
				   spec.version == 4 ? VIRTIO_NET_GSO_TCPV4
						     : VIRTIO_NET_GSO_TCPV6,
				   10, &length);
		struct gso gso;

		change(&header, &length, row);
		CHECK(row, gso_init(&gso, &header, large, length) == -EINVAL);
	}
}

/* The packet ends where its memory ends, so that a sanitizer finds accesses
 * beyond it. The payloads of all segments add up. */
static void check_hostile(unsigned long round,
			  const struct virtio_net_header *header,
			  const uint8_t *packet, size_t size)
{
	struct gso gso;
	size_t length, payload = 0;

	if (gso_init(&gso, header, packet, size))
		return;
	while ((length = gso_next(&gso, out, sizeof(out))))
		payload += length - gso.header;
	CHECK(round, payload == size - gso.header);
	CHECK(round, gso.left == 0);
}

static void test_random_headers_stay_within_the_packet(void)
{
	static const uint8_t types[] = {
		VIRTIO_NET_GSO_NONE, VIRTIO_NET_GSO_TCPV4, VIRTIO_NET_GSO_TCPV6,
		VIRTIO_NET_GSO_UDP_L4};
	uint32_t state = 2;

	for (unsigned long round = 0; round < 200000; round++) {
		size_t size = test_random(&state) % 120;
		uint8_t *packet = large + sizeof(large) - size;
		struct virtio_net_header header = {
			.flags = test_random(&state) & 3,
			.gso_type = types[test_random(&state) % ROWS(types)],
			.gso_size = test_random(&state) & 0x1F,
			.csum_start = test_random(&state) & 0x7F,
			.csum_offset = test_random(&state) & 1 ? 16 : 6,
		};

		for (size_t n = 0; n < size; n++)
			packet[n] = (uint8_t)test_random(&state);
		if (size > 9 && test_random(&state) & 1) {
			packet[0] = test_random(&state) & 1 ? 0x45 : 0x60;
			packet[2] = packet[4] = 0;
			packet[3] = (uint8_t)size;
			packet[5] = (uint8_t)(size - 40);
			packet[9] = header.csum_offset == 16 ? 6 : 17;
			header.csum_start = packet[0] == 0x45 ? 20 : 40;
		}
		check_hostile(round, &header, packet, size);
	}
}

int main(void)
{
	CHECK(0, sizeof(struct virtio_net_header) == VIRTIO_NET_HDR_SIZE);
	test_segments_equal_packets_sent_singly();
	test_partial_checksum_is_completed();
	test_zero_checksum_is_inverted_except_in_tcp_segments();
	test_checksum_beyond_the_end_is_refused();
	test_packet_without_gso_is_copied();
	test_invalid_headers_are_refused();
	test_random_headers_stay_within_the_packet();
	return test_result();
}
