/* HKDF over HMAC-BLAKE2s (paper 5.4). */
#ifndef PYWG_KDF_H
#define PYWG_KDF_H

#include "wireguard.h"

#include <stddef.h>
#include <stdint.h>

/* Write `count` keys, derived from a key of KEY_SIZE bytes and `size` bytes of
 * data. */
void kdf(uint8_t *out, size_t count, const uint8_t *key, const uint8_t *data,
	 size_t size);

#endif
