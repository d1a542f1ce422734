/* ChaCha20-Poly1305 for transport data (paper 5.4.6): no associated data, and a
 * nonce of four zero bytes and the counter. The library is chosen at build.
 *
 * `out` is `in`, or does not overlap it. */
#ifndef PYWG_AEAD_H
#define PYWG_AEAD_H

#include "wireguard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AEAD_OPEN, AEAD_SEAL };

/* What one thread needs in one direction; libsodium needs nothing. */
struct aead {
	void *context;
	int direction;
	uint8_t key[KEY_SIZE]; /* that the context is set up with */
};

/* Return 0, or a negated errno. */
int aead_init(struct aead *aead, int direction);
void aead_free(struct aead *aead);
/* Overwrite what the context holds of a key. */
void aead_forget_key(struct aead *aead);

/* Encrypt `length` bytes and append the tag. False if the library failed: send
 * nothing then. */
bool aead_seal(struct aead *aead, const uint8_t key[KEY_SIZE], uint64_t counter,
	       uint8_t *out, const uint8_t *in, size_t length);
/* Decrypt `length` bytes, tag included. False if they are not authentic: do not
 * use `out` then. */
bool aead_open(struct aead *aead, const uint8_t key[KEY_SIZE], uint64_t counter,
	       uint8_t *out, const uint8_t *in, size_t length);

#endif
