#include "speed.h"

#include <sodium.h>
#include <string.h>

static uint8_t speed_key[KEY_SIZE];

int speed_begin(const uint8_t key[KEY_SIZE])
{
	memcpy(speed_key, key, KEY_SIZE);
	return sodium_init() < 0;
}

int speed_seal(uint8_t *text, size_t size, const uint8_t nonce[NONCE_SIZE])
{
	return crypto_aead_chacha20poly1305_ietf_encrypt(
		text, NULL, text, size, NULL, 0, NULL, nonce, speed_key);
}

int speed_open(uint8_t *text, size_t size, const uint8_t nonce[NONCE_SIZE])
{
	return crypto_aead_chacha20poly1305_ietf_decrypt(text, NULL, NULL, text,
							 size + TAG_SIZE, NULL,
							 0, nonce, speed_key);
}
