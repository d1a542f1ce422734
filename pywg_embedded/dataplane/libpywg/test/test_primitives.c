/* The primitives of a handshake against the vectors of their RFCs. */
#include "crypto/primitives.h"
#include "pywg.h"
#include "test.h"

#include <string.h>

#define LONGEST 256

static size_t unhex(uint8_t *out, const char *hex)
{
	size_t size = 0;
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[size++] = (uint8_t)byte;
	return size;
}

/* RFC 7748 6.1. */
static const struct {
	const char *private;
	const char *public;
} pairs[] = {
	{"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
	 "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
	{"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	 "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
};
static const char agreed[] =
	"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

static void test_shared_secrets_match_rfc7748(void)
{
	uint8_t private[KEY_SIZE], public[KEY_SIZE], shared[KEY_SIZE];
	uint8_t expected[KEY_SIZE];

	for (size_t row = 0; row < ROWS(pairs); row++) {
		unhex(private, pairs[row].private);
		unhex(expected, pairs[row].public);
		CHECK(row, primitives_public_key(public, private));
		CHECK(row, !memcmp(public, expected, KEY_SIZE));
		unhex(public, pairs[1 - row].public);
		unhex(expected, agreed);
		CHECK(row, primitives_dh(shared, private, public));
		CHECK(row, !memcmp(shared, expected, KEY_SIZE));
	}
}

/* Points of small order, some with coordinates beyond the prime. */
static const char *const small_orders[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void test_zero_shared_secrets_are_refused(void)
{
	uint8_t private[KEY_SIZE], public[KEY_SIZE], shared[KEY_SIZE];

	unhex(private, pairs[0].private);
	for (size_t row = 0; row < ROWS(small_orders); row++) {
		unhex(public, small_orders[row]);
		CHECK(row, !primitives_dh(shared, private, public));
		CHECK(row, pywg_dh(shared, private, public) < 0);
	}
}

static const char sunscreen[] =
	"Ladies and Gentlemen of the class of '99: If I could offer you "
	"only one tip for the future, sunscreen would be it.";
static const char sealing_key[] =
	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
static const char sealing_aad[] = "50515253c0c1c2c3c4c5c6c7";

static const struct {
	const char *nonce;
	const char *sealed;
} seals[] = {
	/* RFC 8439 2.8.2 */
	{"070000004041424344454647",
	 "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	 "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	 "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	 "3ff4def08e4b7a9de576d26586cec64b6116"
	 "1ae10b594f09e26a7e902ecbd0600691"},
	/* draft-irtf-cfrg-xchacha-03 A.3.1 */
	{"404142434445464748494a4b4c4d4e4f5051525354555657",
	 "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
	 "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
	 "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
	 "21f9664c97637da9768812f615c68b13b52e"
	 "c0875924c1c7987947deafd8780acf49"},
};

static const uint8_t *plain = (const uint8_t *)sunscreen;
static uint8_t key[KEY_SIZE], aad[LONGEST], nonce[XNONCE_SIZE];
static uint8_t expected[LONGEST], sealed[LONGEST], opened[LONGEST];

static struct primitives_seal load_row(size_t row)
{
	const struct primitives_seal with = {key, nonce,
					     unhex(nonce, seals[row].nonce),
					     aad, unhex(aad, sealing_aad)};

	unhex(key, sealing_key);
	unhex(expected, seals[row].sealed);
	return with;
}

static void test_sealed_texts_match_vectors(void)
{
	const size_t size = strlen(sunscreen), whole = size + TAG_SIZE;

	for (size_t row = 0; row < ROWS(seals); row++) {
		const struct primitives_seal with = load_row(row);

		CHECK(row, primitives_seal(&with, sealed, plain, size));
		CHECK(row, !memcmp(sealed, expected, whole));
		CHECK(row, primitives_unseal(&with, opened, sealed, whole));
		CHECK(row, !memcmp(opened, plain, size));
	}
}

/* Whether the text is authentic with one bit of `bytes` changed. */
static bool opens_despite(const struct primitives_seal *with, uint8_t *bytes,
			  size_t at, size_t whole)
{
	bool opens;

	bytes[at] ^= 1;
	opens = primitives_unseal(with, opened, expected, whole);
	bytes[at] ^= 1;
	return opens;
}

static void test_forgeries_are_refused(void)
{
	const size_t whole = strlen(sunscreen) + TAG_SIZE;

	for (size_t row = 0; row < ROWS(seals); row++) {
		const struct primitives_seal with = load_row(row);

		for (size_t at = 0; at < whole; at++)
			CHECK(at, !opens_despite(&with, expected, at, whole));
		for (size_t at = 0; at < KEY_SIZE; at++)
			CHECK(at, !opens_despite(&with, key, at, whole));
		for (size_t at = 0; at < with.nonce_size; at++)
			CHECK(at, !opens_despite(&with, nonce, at, whole));
		for (size_t at = 0; at < with.aad_size; at++)
			CHECK(at, !opens_despite(&with, aad, at, whole));
		for (size_t size = 0; size < whole; size++)
			CHECK(size, !primitives_unseal(&with, opened, expected,
						       size));
		CHECK(row, primitives_unseal(&with, opened, expected, whole));
	}
}

static void test_nonces_of_other_sizes_are_refused(void)
{
	static const uint32_t sizes[] = {0, 8, 11, 13, 16, 23};

	for (size_t row = 0; row < ROWS(sizes); row++) {
		CHECK(row, pywg_seal(sealed, plain, 1, aad, 0, nonce,
				     sizes[row], key) < 0);
		CHECK(row, pywg_unseal(opened, sealed, 17, aad, 0, nonce,
				       sizes[row], key) < 0);
	}
}

static void test_secrets_are_compared(void)
{
	uint8_t a[KEY_SIZE] = {0}, b[KEY_SIZE] = {0};

	CHECK(0, pywg_equal(a, b, KEY_SIZE) == 1);
	for (size_t row = 0; row < KEY_SIZE; row++) {
		b[row] = 1;
		CHECK(row, pywg_equal(a, b, KEY_SIZE) == 0);
		b[row] = 0;
	}
	CHECK(1, pywg_random(a, KEY_SIZE) == 0);
	CHECK(2, pywg_random(b, KEY_SIZE) == 0);
	CHECK(3, !pywg_equal(a, b, KEY_SIZE));
}

int main(void)
{
	test_shared_secrets_match_rfc7748();
	test_zero_shared_secrets_are_refused();
	test_sealed_texts_match_vectors();
	test_forgeries_are_refused();
	test_nonces_of_other_sizes_are_refused();
	test_secrets_are_compared();
	return test_result();
}
