/* BLAKE2s as vendored: RFC 7693, and the known answers of its authors. */
#include "blake2.h"
#include "blake2s_kat.h"
#include "test.h"

#include <string.h>

#define LONGEST 1024

static bool is_hex(const uint8_t digest[BLAKE2S_OUTBYTES], const char *hex)
{
	char text[2 * BLAKE2S_OUTBYTES + 1];

	for (int n = 0; n < BLAKE2S_OUTBYTES; n++)
		snprintf(text + 2 * n, 3, "%02x", digest[n]);
	return !strcmp(text, hex);
}

/* RFC 7693, appendix B. */
static void test_hash_of_abc_matches_rfc7693(void)
{
	uint8_t digest[BLAKE2S_OUTBYTES];

	CHECK(0, !blake2s(digest, sizeof(digest), "abc", 3, NULL, 0));
	CHECK(0, is_hex(digest, "508c5e8c327c14e2e1a72ba34eeb452f"
				"37458b209ed63a294d999b4c86675982"));
}

/* The deterministic data of RFC 7693, appendix E. */
static void fibonacci(uint8_t *out, uint32_t size, uint32_t seed)
{
	uint32_t a = 0xdead4bad * seed, b = 1;

	for (uint32_t n = 0; n < size; n++) {
		const uint32_t next = a + b;

		a = b;
		b = next;
		out[n] = (uint8_t)(next >> 24);
	}
}

/* RFC 7693, appendix E: one digest of the digests of all sizes. */
static void test_all_sizes_match_rfc7693(void)
{
	static const uint8_t sizes[] = {16, 20, 28, 32};
	static const uint32_t lengths[] = {0, 3, 64, 65, 255, 1024};
	uint8_t data[LONGEST], key[32], digest[BLAKE2S_OUTBYTES];
	blake2s_state all;

	blake2s_init(&all, sizeof(digest));
	for (size_t n = 0; n < ROWS(sizes); n++) {
		for (size_t m = 0; m < ROWS(lengths); m++) {
			fibonacci(data, lengths[m], lengths[m]);
			blake2s(digest, sizes[n], data, lengths[m], NULL, 0);
			blake2s_update(&all, digest, sizes[n]);
			fibonacci(key, sizes[n], sizes[n]);
			blake2s(digest, sizes[n], data, lengths[m], key,
				sizes[n]);
			blake2s_update(&all, digest, sizes[n]);
		}
	}
	blake2s_final(&all, digest, sizeof(digest));
	CHECK(0, is_hex(digest, "6a411f08ce25adcdfb02aba641451cec"
				"53c598b24f4fc787fbdc88797f4c1dfe"));
}

static void test_keyed_hashes_match_known_answers(void)
{
	uint8_t data[ROWS(blake2s_kat)], digest[BLAKE2S_OUTBYTES];

	for (size_t row = 0; row < ROWS(blake2s_kat); row++)
		data[row] = (uint8_t)row;
	for (size_t row = 0; row < ROWS(blake2s_kat); row++) {
		CHECK(row, !blake2s(digest, sizeof(digest), data, row, data,
				    BLAKE2S_KEYBYTES));
		CHECK(row, is_hex(digest, blake2s_kat[row]));
	}
}

static void test_hash_in_pieces_is_equal(void)
{
	uint8_t data[ROWS(blake2s_kat)], digest[BLAKE2S_OUTBYTES];
	const size_t whole = ROWS(blake2s_kat) - 1;

	for (size_t row = 0; row < ROWS(blake2s_kat); row++)
		data[row] = (uint8_t)row;
	for (size_t row = 1; row <= whole; row++) {
		blake2s_state state;

		blake2s_init_key(&state, sizeof(digest), data,
				 BLAKE2S_KEYBYTES);
		for (size_t at = 0; at < whole; at += row)
			blake2s_update(&state, data + at,
				       at + row < whole ? row : whole - at);
		blake2s_final(&state, digest, sizeof(digest));
		CHECK(row, is_hex(digest, blake2s_kat[whole]));
	}
}

int main(void)
{
	test_hash_of_abc_matches_rfc7693();
	test_all_sizes_match_rfc7693();
	test_keyed_hashes_match_known_answers();
	test_hash_in_pieces_is_equal();
	return test_result();
}
