/* ChaCha20-Poly1305 (RFC 8439) of one library, as cheap as it can be had: keys
 * are set once, everything happens in place, the tag follows the text. */
#ifndef SPEED_H
#define SPEED_H

#include <stddef.h>
#include <stdint.h>

#define KEY_SIZE 32
#define NONCE_SIZE 12
#define TAG_SIZE 16

/* Each answers 0, or something else if it failed. */
int speed_begin(const uint8_t key[KEY_SIZE]);
int speed_seal(uint8_t *text, size_t size, const uint8_t nonce[NONCE_SIZE]);
int speed_open(uint8_t *text, size_t size, const uint8_t nonce[NONCE_SIZE]);

#endif
