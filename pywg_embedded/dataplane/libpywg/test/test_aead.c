/* ChaCha20-Poly1305 for transport data. */
#include "crypto/aead.h"
#include "test.h"

#include <string.h>

#define LONGEST 8960

static const uint8_t key[KEY_SIZE] = {
	0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

/* The tags of so many bytes 0, 7, 14, ... by a third implementation of RFC
 * 8439. A tag covers every byte of the ciphertext. */
static const struct {
	uint64_t counter;
	size_t length;
	const char *tag;
} rows[] = {
	{UINT64_C(0), 0, "10324f800a160bd9a1794255be7ec29d"},
	{UINT64_C(1), 0, "a8d30d2553bfe08494e6aa8fd5b07296"},
	{UINT64_C(18446744073709551615), 0, "781266469470e5bec60b4f4357c7cfa4"},
	{UINT64_C(0), 1, "859d5e9a1553197450870695dd2f5950"},
	{UINT64_C(1), 15, "765d28b8ccf941469e16177c0e783fa9"},
	{UINT64_C(2), 16, "2b1b942ef8159f8518aedea36f5e354c"},
	{UINT64_C(255), 17, "101505c8c5a787824408ac3ce81a8cc2"},
	{UINT64_C(256), 63, "7ac2cce51bb89664509bb743792e583b"},
	{UINT64_C(4294967295), 64, "593a3a6a2dcd6fdb4d1200837593d8d1"},
	{UINT64_C(4294967296), 65, "219129ce2f05522696b7540e6aa2bd76"},
	{UINT64_C(9223372036854775808), 1280,
	 "2780bd935dae88122ddc0d94dfb37a71"},
	{UINT64_C(1152921504606846976), 1420,
	 "d1f355dcaf95ac601a94cfa38b1eab8e"},
	{UINT64_C(18446744073709543422), 8960,
	 "591b4c5cf9bfa5e0c299f85de900bd7b"},
};

static struct aead sealing, opening;
static uint8_t plain[LONGEST], sealed[LONGEST + TAG_SIZE];
static uint8_t opened[LONGEST + TAG_SIZE];

static bool is_hex(const uint8_t *bytes, const char *hex)
{
	char text[2 * TAG_SIZE + 1];

	for (int n = 0; n < TAG_SIZE; n++)
		snprintf(text + 2 * n, 3, "%02x", bytes[n]);
	return !strcmp(text, hex);
}

static void test_tags_match_rfc8439(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		uint64_t counter = rows[row].counter;
		size_t length = rows[row].length;

		CHECK(row,
		      aead_seal(&sealing, key, counter, sealed, plain, length));
		CHECK(row, is_hex(sealed + length, rows[row].tag));
		CHECK(row, aead_open(&opening, key, counter, opened, sealed,
				     length + TAG_SIZE));
		CHECK(row, !memcmp(opened, plain, length));
	}
}

static void test_in_place_gives_equal_results(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		uint64_t counter = rows[row].counter;
		size_t length = rows[row].length;

		memcpy(opened, plain, length);
		aead_seal(&sealing, key, counter, opened, opened, length);
		CHECK(row, is_hex(opened + length, rows[row].tag));
		CHECK(row, aead_open(&opening, key, counter, opened, opened,
				     length + TAG_SIZE));
		CHECK(row, !memcmp(opened, plain, length));
	}
}

static bool opens(const uint8_t *with, uint64_t counter, size_t length)
{
	return aead_open(&opening, with, counter, opened, sealed, length);
}

static void test_forgeries_are_refused(void)
{
	const size_t length = 100, whole = length + TAG_SIZE;
	uint8_t other_key[KEY_SIZE];

	memcpy(other_key, key, KEY_SIZE);
	other_key[31] ^= 0x80;
	aead_seal(&sealing, key, 5, sealed, plain, length);
	for (size_t row = 0; row < whole; row++) {
		sealed[row] ^= (uint8_t)(1u << row % 8);
		CHECK(row, !opens(key, 5, whole));
		sealed[row] ^= (uint8_t)(1u << row % 8);
	}
	for (size_t row = 0; row < whole; row++)
		CHECK(row, !opens(key, 5, row));
	CHECK(0, !opens(key, 4, whole));
	CHECK(1, !opens(key, 5 + (UINT64_C(1) << 32), whole));
	CHECK(2, !opens(other_key, 5, whole));
	CHECK(3, opens(key, 5, whole));
}

static void forget_keys(void)
{
	aead_forget_key(&sealing);
	aead_forget_key(&opening);
}

static void test_keys_may_alternate(void)
{
	uint8_t keys[3][KEY_SIZE] = {{1}, {2}, {3}};

	for (size_t row = 0; row < 30; row++) {
		const uint8_t *with = keys[row % 3];

		aead_seal(&sealing, with, row, sealed, plain, row);
		if (row % 5 == 0)
			forget_keys();
		CHECK(row, opens(with, row, row + TAG_SIZE));
	}
}

int main(void)
{
	for (size_t n = 0; n < LONGEST; n++)
		plain[n] = (uint8_t)(n * 7);
	CHECK(0, !aead_init(&sealing, AEAD_SEAL));
	CHECK(1, !aead_init(&opening, AEAD_OPEN));
	test_tags_match_rfc8439();
	test_in_place_gives_equal_results();
	test_forgeries_are_refused();
	test_keys_may_alternate();
	aead_free(&sealing);
	aead_free(&opening);
	return test_result();
}
