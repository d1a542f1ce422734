#include "byteorder.h"
#include "crypto/aead.h"

#include <errno.h>
#include <sodium.h>

#define NONCE_SIZE crypto_aead_chacha20poly1305_ietf_NPUBBYTES

int aead_init(struct aead *aead, int direction)
{
	*aead = (struct aead){.direction = direction};
	return sodium_init() < 0 ? -ENOSYS : 0;
}

void aead_free(struct aead *aead)
{
	(void)aead;
}

void aead_forget_key(struct aead *aead)
{
	(void)aead;
}

bool aead_seal(struct aead *aead, const uint8_t key[KEY_SIZE], uint64_t counter,
	       uint8_t *out, const uint8_t *in, size_t length)
{
	uint8_t nonce[NONCE_SIZE] = {0};

	(void)aead;
	store_le64(nonce + 4, counter);
	return !crypto_aead_chacha20poly1305_ietf_encrypt(
		out, NULL, in, length, NULL, 0, NULL, nonce, key);
}

bool aead_open(struct aead *aead, const uint8_t key[KEY_SIZE], uint64_t counter,
	       uint8_t *out, const uint8_t *in, size_t length)
{
	uint8_t nonce[NONCE_SIZE] = {0};

	(void)aead;
	store_le64(nonce + 4, counter);
	return !crypto_aead_chacha20poly1305_ietf_decrypt(
		out, NULL, NULL, in, length, NULL, 0, nonce, key);
}
