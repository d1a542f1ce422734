/* IP headers, and their ECN field. */
#include "byteorder.h"
#include "net/ecn.h"
#include "packets.h"
#include "test.h"

/* The first byte, the length field and the size; the parsed length, 0 for an
 * invalid packet. */
static const struct {
	uint8_t first;
	uint16_t claimed;
	size_t size;
	size_t length;
} lengths[] = {
	{0x45, 32, 32, 32},
	{0x45, 32, 36, 32},
	{0x45, 32, 31, 0},
	{0x45, 20, 20, 20},
	{0x45, 19, 20, 0},
	{0x45, 20, 19, 0},
	{0x45, 0, 32, 0},
	{0x45, 65535, 32, 0},
	{0x45, 65535, 65535, 65535},
	{0x46, 24, 24, 24},
	{0x46, 23, 32, 0},
	{0x4F, 60, 60, 60},
	{0x4F, 59, 60, 0},
	{0x44, 32, 32, 0},
	{0x40, 32, 32, 0},
	{0x55, 32, 32, 0},
	{0x05, 32, 32, 0},
	{0xF5, 32, 32, 0},
	{0x45, 0, 0, 0},
	{0x45, 0, 1, 0},
	{0x60, 8, 48, 48},
	{0x60, 8, 52, 48},
	{0x60, 9, 48, 0},
	{0x60, 0, 40, 40},
	{0x60, 0, 39, 0},
	{0x6F, 65535, 65575, 65575},
	{0x60, 65535, 65574, 0},
	{0x60, 0, 1, 0},
};

static void test_length_in_header_is_checked(void)
{
	static uint8_t data[65575];

	for (size_t row = 0; row < ROWS(lengths); row++) {
		size_t at = lengths[row].first >> 4 == 6 ? 4 : 2;
		size_t size = lengths[row].size;
		struct packet packet;
		bool valid;

		memset(data, 0, sizeof(data));
		data[0] = lengths[row].first;
		store_be16(data + at, lengths[row].claimed);
		/* At the end, so that a sanitizer finds reads beyond it. */
		memmove(data + sizeof(data) - size, data, size);
		valid = ip_parse(&packet, data + sizeof(data) - size, size);
		CHECK(row, valid == (lengths[row].length > 0));
		CHECK(row, !valid || packet.length == lengths[row].length);
	}
}

static void test_addresses_are_found(void)
{
	static const struct spec specs[] = {
		{.version = 4, .protocol = IP_PROTOCOL_UDP},
		{.version = 6, .protocol = IP_PROTOCOL_UDP},
	};
	uint8_t data[48];
	struct packet packet;

	for (size_t row = 0; row < ROWS(specs); row++) {
		size_t last = specs[row].version == 4 ? 3 : 15;
		size_t length = packets_make(data, &specs[row]);

		CHECK(row, ip_parse(&packet, data, length));
		CHECK(row, packet.version == specs[row].version);
		CHECK(row, packet.address_size == last + 1);
		CHECK(row, data[packet.source + last] == 1);
		CHECK(row, data[packet.destination + last] == 2);
	}
}

/* Every traffic class and ECN field, compared with a packet built with them. */
static void test_ecn_field_is_written(uint8_t version)
{
	uint8_t data[60], expected[60];

	for (unsigned row = 0; row < 1024; row++) {
		struct spec spec = {.version = version,
				    .protocol = IP_PROTOCOL_UDP,
				    .id = 0xBEEF,
				    .tos = (uint8_t)(row / 4)};
		uint8_t ecn = row % 4;
		size_t length = packets_make(data, &spec);

		CHECK(row, ip_traffic_class(data) == spec.tos);
		ip_set_ecn(data, ecn);
		spec.tos = (uint8_t)((spec.tos & ~ECN_MASK) | ecn);
		packets_make(expected, &spec);
		CHECK(row, !memcmp(data, expected, length));
	}
}

/* RFC 6040, figure 4. */
static void test_ecn_field_is_decapsulated(void)
{
	static const struct {
		uint8_t outer, inner;
		int result;
	} rows[] = {
		{ECN_NOT_ECT, ECN_NOT_ECT, ECN_NOT_ECT},
		{ECN_NOT_ECT, ECN_ECT0, ECN_ECT0},
		{ECN_NOT_ECT, ECN_ECT1, ECN_ECT1},
		{ECN_NOT_ECT, ECN_CE, ECN_CE},
		{ECN_ECT0, ECN_NOT_ECT, ECN_NOT_ECT},
		{ECN_ECT0, ECN_ECT0, ECN_ECT0},
		{ECN_ECT0, ECN_ECT1, ECN_ECT1},
		{ECN_ECT0, ECN_CE, ECN_CE},
		{ECN_ECT1, ECN_NOT_ECT, ECN_NOT_ECT},
		{ECN_ECT1, ECN_ECT0, ECN_ECT1},
		{ECN_ECT1, ECN_ECT1, ECN_ECT1},
		{ECN_ECT1, ECN_CE, ECN_CE},
		{ECN_CE, ECN_NOT_ECT, ECN_DROP},
		{ECN_CE, ECN_ECT0, ECN_CE},
		{ECN_CE, ECN_ECT1, ECN_CE},
		{ECN_CE, ECN_CE, ECN_CE},
	};

	for (size_t row = 0; row < ROWS(rows); row++) {
		uint8_t dscp = 0xB8;

		CHECK(row, ecn_decapsulate(rows[row].outer | dscp,
					   rows[row].inner | dscp) ==
				   rows[row].result);
		CHECK(row, ecn_encapsulate(rows[row].inner | dscp) ==
				   rows[row].inner);
	}
}

int main(void)
{
	test_length_in_header_is_checked();
	test_addresses_are_found();
	test_ecn_field_is_written(4);
	test_ecn_field_is_written(6);
	test_ecn_field_is_decapsulated();
	return test_result();
}
