/* The primitives of a handshake, from the library of the AEAD.
 *
 * libcrypto allocates memory in these calls, and frees it before they return.
 */
#ifndef PYWG_PRIMITIVES_H
#define PYWG_PRIMITIVES_H

#include "wireguard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONCE_SIZE 12
#define XNONCE_SIZE 24

/* X25519. False if the shared secret is zero. */
bool primitives_public_key(uint8_t public[KEY_SIZE],
			   const uint8_t private[KEY_SIZE]);
bool primitives_dh(uint8_t shared[KEY_SIZE], const uint8_t private[KEY_SIZE],
		   const uint8_t public[KEY_SIZE]);

/* ChaCha20-Poly1305 with a nonce of NONCE_SIZE, XChaCha20-Poly1305 with one of
 * XNONCE_SIZE. */
struct primitives_seal {
	const uint8_t *key;
	const uint8_t *nonce;
	size_t nonce_size;
	const uint8_t *aad;
	size_t aad_size;
};

/* Encrypt `size` bytes and append the tag. False if the library fails. */
bool primitives_seal(const struct primitives_seal *with, uint8_t *out,
		     const uint8_t *in, size_t size);
/* Decrypt `size` bytes, tag included. False if they are not authentic. */
bool primitives_unseal(const struct primitives_seal *with, uint8_t *out,
		       const uint8_t *in, size_t size);

/* In constant time. */
bool primitives_equal(const uint8_t *a, const uint8_t *b, size_t size);
void primitives_wipe(void *secret, size_t size);
bool primitives_random(uint8_t *out, size_t size);

#endif
