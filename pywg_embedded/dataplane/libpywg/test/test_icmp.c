/* ICMP host unreachable: which packets are answered, and the message. */
#include "byteorder.h"
#include "net/icmp.h"
#include "packets.h"
#include "test.h"

static uint8_t data[65535 + 40], out[ICMP_MAX_SIZE];
static const uint8_t source[4] = {192, 0, 2, 9};

/* Bytes to change in a packet of 28 or 48 bytes; whether it is answered. */
static const struct {
	uint8_t version;
	uint8_t protocol;
	struct {
		uint8_t at, value;
	} changes[4];
	bool answered;
} rows[] = {
	{4, IP_PROTOCOL_UDP, {{0, 0x45}}, true},
	{4, IP_PROTOCOL_TCP, {{0, 0x45}}, true},
	/* Fragments: only the first */
	{4, IP_PROTOCOL_UDP, {{6, 0x20}}, true},
	{4, IP_PROTOCOL_UDP, {{7, 1}}, false},
	{4, IP_PROTOCOL_UDP, {{6, 0x10}}, false},
	/* Multicast and broadcast, unspecified source */
	{4, IP_PROTOCOL_UDP, {{16, 223}}, true},
	{4, IP_PROTOCOL_UDP, {{16, 224}}, false},
	{4, IP_PROTOCOL_UDP, {{16, 255}}, false},
	{4, IP_PROTOCOL_UDP, {{12, 223}}, true},
	{4, IP_PROTOCOL_UDP, {{12, 224}}, false},
	{4, IP_PROTOCOL_UDP, {{12, 0}}, true},
	{4, IP_PROTOCOL_UDP, {{12, 0}, {15, 0}}, false},
	/* Echo, echo reply, timestamp; unreachable, redirect, no type */
	{4, IP_PROTOCOL_ICMP, {{20, 8}}, true},
	{4, IP_PROTOCOL_ICMP, {{20, 0}}, true},
	{4, IP_PROTOCOL_ICMP, {{20, 13}}, true},
	{4, IP_PROTOCOL_ICMP, {{20, 43}}, true},
	{4, IP_PROTOCOL_ICMP, {{20, 3}}, false},
	{4, IP_PROTOCOL_ICMP, {{20, 5}}, false},
	{4, IP_PROTOCOL_ICMP, {{20, 11}}, false},
	{4, IP_PROTOCOL_ICMP, {{0, 0x46}, {20, 3}, {24, 8}}, true},
	{4, IP_PROTOCOL_ICMP, {{0, 0x47}}, false},
	/* The same for IPv6 */
	{6, IP_PROTOCOL_UDP, {{0, 0x60}}, true},
	{6, IP_PROTOCOL_UDP, {{24, 0xFF}}, false},
	{6, IP_PROTOCOL_UDP, {{8, 0xFF}}, false},
	{6, IP_PROTOCOL_UDP, {{8, 0}}, true},
	{6, IP_PROTOCOL_UDP, {{8, 0}, {23, 0}}, false},
	{6, IP_PROTOCOL_ICMPV6, {{40, 128}}, true},
	{6, IP_PROTOCOL_ICMPV6, {{40, 255}}, true},
	{6, IP_PROTOCOL_ICMPV6, {{40, 127}}, false},
	{6, IP_PROTOCOL_ICMPV6, {{40, 1}}, false},
	{6, IP_PROTOCOL_ICMPV6, {{5, 0}, {40, 128}}, false},
};

static void test_errors_and_multicast_are_not_answered(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct spec spec = {.version = rows[row].version,
				    .protocol = IP_PROTOCOL_UDP};
		size_t length = packets_make(data, &spec);
		struct packet packet;

		data[spec.version == 4 ? 9 : 6] = rows[row].protocol;
		for (size_t n = 0; n < ROWS(rows[row].changes); n++)
			if (rows[row].changes[n].at || !n)
				data[rows[row].changes[n].at] =
					rows[row].changes[n].value;
		CHECK(row, ip_parse(&packet, data, length));
		length = icmp_unreachable(out, data, packet.length, &packet,
					  source);
		CHECK(row, (length > 0) == rows[row].answered);
	}
}

/* The payload of a UDP packet, and the length of the message. */
static const struct {
	uint8_t version;
	uint16_t payload;
	size_t length;
} messages[] = {
	{4, 0, 56},	 {4, 1, 57},	  {4, 519, 575},   {4, 520, 576},
	{4, 521, 576},	 {4, 1400, 576},  {6, 0, 56},	   {6, 3, 59},
	{6, 1183, 1239}, {6, 1184, 1240}, {6, 1185, 1240}, {6, 65000, 1240},
};

static void check_ipv4(size_t row, size_t length)
{
	static const uint8_t header[] = {0x45, 0, 0,   0, 0, 0, 0,  0, 64, 1,
					 0,    0, 192, 0, 2, 9, 10, 0, 0,  1};
	uint8_t expected[sizeof(header)];

	memcpy(expected, header, sizeof(header));
	store_be16(expected + 2, (uint16_t)length);
	store_be16(expected + 10, (uint16_t)~packets_fold(packets_sum(
					  0, expected, sizeof(header))));
	CHECK(row, !memcmp(out, expected, sizeof(expected)));
	CHECK(row, !memcmp(out + 20, "\3\1", 2));
	CHECK(row, !memcmp(out + 24, "\0\0\0\0", 4));
	CHECK(row,
	      packets_fold(packets_sum(0, out + 20, length - 20)) == 0xFFFF);
	CHECK(row, !memcmp(out + 28, data, length - 28));
}

/* Without IP header and checksum. */
static void check_ipv6(size_t row, size_t length)
{
	CHECK(row, !memcmp(out, "\1\3\0\0\0\0\0\0", 8));
	CHECK(row, !memcmp(out + 8, data, length - 8));
}

/* Bytes behind the packet are not quoted. */
static void test_message_quotes_the_packet(void)
{
	for (size_t row = 0; row < ROWS(messages); row++) {
		struct spec spec = {.version = messages[row].version,
				    .protocol = IP_PROTOCOL_UDP,
				    .payload = messages[row].payload};
		size_t length = packets_make(data, &spec);
		struct packet packet;

		CHECK(row, ip_parse(&packet, data, length + 7));
		memset(out, 0xAA, sizeof(out));
		length = icmp_unreachable(out, data, length + 7, &packet,
					  source);
		CHECK(row, length == messages[row].length);
		if (spec.version == 4)
			check_ipv4(row, length);
		else
			check_ipv6(row, length);
	}
}

int main(void)
{
	test_errors_and_multicast_are_not_answered();
	test_message_quotes_the_packet();
	return test_result();
}
