/* Once the contexts are made, libcrypto allocates nothing more. */
#include "aead.h"
#include "test.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static unsigned long allocations;

static void *counted_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return malloc(size);
}

static void *counted_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return realloc(old, size);
}

static void counted_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

/* In place, with a new key each time. */
static void test_no_packet_allocates(struct aead *aead)
{
	static uint8_t data[1420 + TAG_SIZE];

	for (uint8_t row = 0; row < 100; row++) {
		uint8_t key[KEY_SIZE] = {row};
		unsigned long before = allocations;

		CHECK(row, aead_seal(aead, key, row, data, data, 1420));
		CHECK(row, aead_open(aead, key, row, data, data, sizeof(data)));
		CHECK(row,
		      !aead_open(aead, key, row, data, data, sizeof(data)));
		aead_forget(aead);
		CHECK(row, allocations == before);
	}
}

int main(void)
{
	struct aead aead;

	CHECK(0, CRYPTO_set_mem_functions(counted_malloc, counted_realloc,
					  counted_free));
	CHECK(1, !aead_init(&aead));
	CHECK(2, allocations > 0);
	test_no_packet_allocates(&aead);
	aead_free(&aead);
	return test_result();
}
