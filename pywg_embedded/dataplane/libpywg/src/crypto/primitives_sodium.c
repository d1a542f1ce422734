#include "crypto/primitives.h"

#include <sodium.h>

bool primitives_public_key(uint8_t public[KEY_SIZE],
			   const uint8_t private[KEY_SIZE])
{
	return !crypto_scalarmult_base(public, private);
}

bool primitives_dh(uint8_t shared[KEY_SIZE], const uint8_t private[KEY_SIZE],
		   const uint8_t public[KEY_SIZE])
{
	return !crypto_scalarmult(shared, private, public);
}

bool primitives_seal(const struct primitives_seal *with, uint8_t *out,
		     const uint8_t *in, size_t size)
{
	if (with->nonce_size == XNONCE_SIZE)
		return !crypto_aead_xchacha20poly1305_ietf_encrypt(
			out, NULL, in, size, with->aad, with->aad_size, NULL,
			with->nonce, with->key);
	return !crypto_aead_chacha20poly1305_ietf_encrypt(
		out, NULL, in, size, with->aad, with->aad_size, NULL,
		with->nonce, with->key);
}

bool primitives_unseal(const struct primitives_seal *with, uint8_t *out,
		       const uint8_t *in, size_t size)
{
	if (with->nonce_size == XNONCE_SIZE)
		return !crypto_aead_xchacha20poly1305_ietf_decrypt(
			out, NULL, NULL, in, size, with->aad, with->aad_size,
			with->nonce, with->key);
	return !crypto_aead_chacha20poly1305_ietf_decrypt(
		out, NULL, NULL, in, size, with->aad, with->aad_size,
		with->nonce, with->key);
}

bool primitives_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	return !sodium_memcmp(a, b, size);
}

void primitives_wipe(void *secret, size_t size)
{
	sodium_memzero(secret, size);
}
