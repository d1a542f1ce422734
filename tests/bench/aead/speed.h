/* ChaCha20-Poly1305 (RFC 8439) of one library at its lowest cost: the key is
 * set once, data is encrypted in place, and the tag follows it. */
#ifndef SPEED_H
#define SPEED_H

#include <stddef.h>
#include <stdint.h>

#define KEY_SIZE 32
#define NONCE_SIZE 12
#define TAG_SIZE 16

/* Each returns 0 on success. */
int speed_begin(const uint8_t key[KEY_SIZE]);
int speed_seal(uint8_t *text, size_t size, const uint8_t nonce[NONCE_SIZE]);
int speed_open(uint8_t *text, size_t size, const uint8_t nonce[NONCE_SIZE]);

#endif
