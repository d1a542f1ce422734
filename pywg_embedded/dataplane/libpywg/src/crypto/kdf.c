#include "crypto/kdf.h"
#include "blake2.h"
#include "crypto/primitives.h"

/* RFC 2104 */
#define INNER_PAD 0x36
#define OUTER_PAD 0x5c

struct hmac {
	uint8_t pad[BLAKE2S_BLOCKBYTES];
	blake2s_state hash;
};

static void start(struct hmac *hmac, const uint8_t *key, uint8_t pad)
{
	for (size_t n = 0; n < sizeof(hmac->pad); n++)
		hmac->pad[n] = n < KEY_SIZE ? key[n] ^ pad : pad;
	blake2s_init(&hmac->hash, KEY_SIZE);
	blake2s_update(&hmac->hash, hmac->pad, sizeof(hmac->pad));
}

static void finish(struct hmac *hmac, const uint8_t *key, uint8_t *out)
{
	uint8_t inner[KEY_SIZE];

	blake2s_final(&hmac->hash, inner, KEY_SIZE);
	start(hmac, key, OUTER_PAD);
	blake2s_update(&hmac->hash, inner, KEY_SIZE);
	blake2s_final(&hmac->hash, out, KEY_SIZE);
	primitives_wipe(inner, sizeof(inner));
}

void kdf(uint8_t *out, size_t count, const uint8_t *key, const uint8_t *data,
	 size_t size)
{
	uint8_t secret[KEY_SIZE];
	struct hmac hmac;

	start(&hmac, key, INNER_PAD);
	blake2s_update(&hmac.hash, data, size);
	finish(&hmac, key, secret);
	for (size_t n = 0; n < count; n++) {
		const uint8_t position = (uint8_t)(n + 1);

		start(&hmac, secret, INNER_PAD);
		if (n)
			blake2s_update(&hmac.hash, out + (n - 1) * KEY_SIZE,
				       KEY_SIZE);
		blake2s_update(&hmac.hash, &position, 1);
		finish(&hmac, secret, out + n * KEY_SIZE);
	}
	primitives_wipe(secret, sizeof(secret));
	primitives_wipe(&hmac, sizeof(hmac));
}
