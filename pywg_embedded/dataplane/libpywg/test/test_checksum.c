/* The Internet checksum against a sum byte by byte. */
#include "byteorder.h"
#include "net/checksum.h"
#include "packets.h"
#include "test.h"

#define LONGEST 200

static uint8_t data[65536 + 8];

static uint16_t fold_in_network_order(uint64_t sum)
{
	uint8_t bytes[2];

	checksum_store(bytes, checksum_fold(sum));
	return load_be16(bytes);
}

static const struct {
	const char *bytes;
	size_t length;
	uint16_t sum;
} rows[] = {
	{"", 0, 0},
	{"\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8, 0xddf2}, /* RFC 1071, 3 */
	{"\x12", 1, 0x1200},
	{"\x12\x34\x56", 3, 0x6834},
	{"\xff\xff", 2, 0xffff}, /* never 0 */
	{"\xff\xff\x00\x01", 4, 0x0001},
	{"\xff\xff\xff\xff\xff\xff\xff\xff\x00\x02", 10, 0x0002},
};

static void test_sums_match_known_values(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		const uint8_t *bytes = (const uint8_t *)rows[row].bytes;
		uint64_t sum = checksum_add(0, bytes, rows[row].length);

		CHECK(row, fold_in_network_order(sum) == rows[row].sum);
	}
}

static void test_sum_is_equal_at_each_length_and_alignment(void)
{
	for (size_t length = 0; length <= LONGEST; length++)
		for (size_t at = 0; at < 8; at++) {
			uint64_t sum = checksum_add(0, data + at, length);

			CHECK(length, fold_in_network_order(sum) ==
					      packets_fold(packets_sum(
						      0, data + at, length)));
		}
}

static void test_sum_in_parts_is_equal(void)
{
	uint16_t whole = checksum_fold(checksum_add(0, data, LONGEST - 1));

	for (size_t at = 0; at < LONGEST; at += 2) {
		uint64_t sum = checksum_add(0, data, at);

		sum = checksum_add(sum, data + at, LONGEST - 1 - at);
		CHECK(at, checksum_fold(sum) == whole);
	}
}

/* All carries. */
static void test_carries_are_added(void)
{
	static uint8_t ones[65536];

	memset(ones, 0xFF, sizeof(ones));
	for (size_t length = 2; length <= sizeof(ones); length *= 2)
		CHECK(length,
		      checksum_fold(checksum_add(0, ones, length)) == 0xFFFF);
	CHECK(0, checksum_fold(UINT64_MAX) == 0xFFFF);
	CHECK(1, checksum_fold(UINT64_MAX - 1) == 0xFFFE);
}

static void test_pseudo_header_sums_match(void)
{
	static const struct spec specs[] = {
		{.version = 4, .protocol = IP_PROTOCOL_UDP, .payload = 77},
		{.version = 6, .protocol = IP_PROTOCOL_TCP, .payload = 1400},
	};

	for (size_t row = 0; row < ROWS(specs); row++) {
		uint8_t protocol = specs[row].protocol;
		uint64_t sum;

		packets_make(data, &specs[row]);
		sum = checksum_pseudo(data, protocol, 12345);
		CHECK(row, fold_in_network_order(sum) ==
				   packets_pseudo(data, protocol, 12345));
	}
}

static void test_ipv4_header_checksum_is_valid(void)
{
	struct spec spec = {.version = 4, .protocol = IP_PROTOCOL_UDP};
	uint8_t expected[28 + 40];

	for (uint8_t options = 0; options <= 40; options += 4) {
		spec.ip_options = options;
		packets_make(expected, &spec);
		memcpy(data, expected, sizeof(expected));
		store_be16(data + 10, 0xDEAD);
		checksum_write_ipv4(data, 20u + options);
		CHECK(options, !memcmp(data, expected, 20u + options));
	}
}

int main(void)
{
	uint32_t state = 1;

	for (size_t n = 0; n < sizeof(data); n++)
		data[n] = (uint8_t)test_random(&state);
	test_sums_match_known_values();
	test_sum_is_equal_at_each_length_and_alignment();
	test_sum_in_parts_is_equal();
	test_carries_are_added();
	test_pseudo_header_sums_match();
	test_ipv4_header_checksum_is_valid();
	return test_result();
}
