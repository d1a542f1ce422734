/* openssl.cnf has no effect, and libcrypto allocates nothing once the contexts
 * exist. */
#include "crypto/aead.h"
#include "test.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With this configuration libcrypto has no cipher. */
static const char no_cipher[] = "openssl_conf = init\n"
				"[init]\n"
				"providers = all\n"
				"[all]\n"
				"null = nothing\n"
				"[nothing]\n"
				"activate = 1\n";

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
static void test_packets_allocate_nothing(struct aead *sealing,
					  struct aead *opening)
{
	static uint8_t data[1420 + TAG_SIZE];

	for (uint8_t row = 0; row < 100; row++) {
		uint8_t key[KEY_SIZE] = {row};
		unsigned long before = allocations;

		CHECK(row, aead_seal(sealing, key, row, data, data, 1420));
		CHECK(row,
		      aead_open(opening, key, row, data, data, sizeof(data)));
		CHECK(row,
		      !aead_open(opening, key, row, data, data, sizeof(data)));
		aead_forget_key(sealing);
		aead_forget_key(opening);
		CHECK(row, allocations == before);
	}
}

static void configure(char *path)
{
	int file = mkstemp(path);

	CHECK(0, file >= 0);
	CHECK(1, write(file, no_cipher, strlen(no_cipher)) > 0);
	close(file);
	setenv("OPENSSL_CONF", path, 1);
}

int main(void)
{
	char path[] = "/tmp/openssl-XXXXXX";
	struct aead sealing, opening;

	configure(path);
	CHECK(2, CRYPTO_set_mem_functions(counted_malloc, counted_realloc,
					  counted_free));
	CHECK(3, !aead_init(&sealing, AEAD_SEAL) &&
			 !aead_init(&opening, AEAD_OPEN));
	CHECK(4, allocations > 0);
	unlink(path);
	test_packets_allocate_nothing(&sealing, &opening);
	aead_free(&sealing);
	aead_free(&opening);
	return test_result();
}
