/* ChaCha20-Poly1305 as transport data wants it (paper 5.4.6): no associated
 * data, a nonce of four zero bytes and the counter. The library is chosen at
 * build.
 *
 * `out` may be `in`, or not overlap it. */
#ifndef PYWG_AEAD_H
#define PYWG_AEAD_H

#include "wireguard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aead_context {
	void *library; /* made by aead_init alone */
	uint8_t key[KEY_SIZE]; /* that it is set up with */
};

/* What one thread needs; libsodium needs nothing. */
struct aead {
	struct aead_context sealing;
	struct aead_context opening;
};

/* 0, or a negated errno. */
int aead_init(struct aead *aead);
void aead_free(struct aead *aead);
/* Overwrite what the contexts remember of keys: the life of one has ended. */
void aead_forget(struct aead *aead);

/* Encrypt `length` bytes; the tag follows them in `out`. False if the library
 * failed: nothing may be sent then. */
bool aead_seal(struct aead *aead, const uint8_t key[KEY_SIZE], uint64_t counter,
	       uint8_t *out, const uint8_t *in, size_t length);
/* Decrypt `length` bytes, tag included; false if they are forged, and what
 * `out` holds then must not be used. */
bool aead_open(struct aead *aead, const uint8_t key[KEY_SIZE], uint64_t counter,
	       uint8_t *out, const uint8_t *in, size_t length);

#endif
