#include "cookie.h"
#include "blake2.h"
#include "byteorder.h"
#include "crypto/primitives.h"

#include <string.h>

#define LABEL_SIZE 8
#define SENDER_AT 4

/* Offsets inside a cookie reply (paper 5.4.7); the type is at 0. */
enum {
	REPLY_RECEIVER_AT = 4,
	REPLY_NONCE_AT = 8,
	REPLY_COOKIE_AT = REPLY_NONCE_AT + COOKIE_NONCE_SIZE,
};

static void derive_key(uint8_t key[KEY_SIZE], const char *label,
		       const uint8_t public[KEY_SIZE])
{
	uint8_t text[LABEL_SIZE + KEY_SIZE];

	memcpy(text, label, LABEL_SIZE);
	memcpy(text + LABEL_SIZE, public, KEY_SIZE);
	blake2s(key, KEY_SIZE, text, sizeof(text), NULL, 0);
}

void cookie_set_identity(struct cookie_checker *checker,
			 const uint8_t public[KEY_SIZE])
{
	cookie_wipe(checker);
	derive_key(checker->mac1_key, "mac1----", public);
	derive_key(checker->reply_key, "cookie--", public);
}

void cookie_set_secret(struct cookie_checker *checker,
		       const uint8_t secret[KEY_SIZE], uint64_t made_at)
{
	memcpy(checker->secret, secret, KEY_SIZE);
	checker->secret_made_at = made_at;
	checker->has_secret = true;
}

void cookie_wipe(struct cookie_checker *checker)
{
	primitives_wipe(checker, sizeof(*checker));
}

bool cookie_has_secret(const struct cookie_checker *checker, uint64_t now)
{
	return checker->has_secret &&
	       now < checker->secret_made_at + COOKIE_SECRET_LIFETIME;
}

/* Compare the MAC of the bytes before `end` with the one that is there. */
static bool mac_valid(const uint8_t *key, uint32_t key_size,
		      const uint8_t *message, uint32_t end)
{
	uint8_t mac[MAC_SIZE];

	blake2s(mac, MAC_SIZE, message, end, key, key_size);
	return primitives_equal(mac, message + end, MAC_SIZE);
}

static void make_cookie(const struct cookie_checker *checker,
			uint8_t cookie[COOKIE_SIZE],
			const struct pywg_endpoint *source)
{
	uint8_t input[sizeof(source->address) + sizeof(source->port)];
	const uint32_t size = source->address_size;

	memcpy(input, source->address, size);
	store_be16(input + size, source->port);
	blake2s(cookie, COOKIE_SIZE, input, size + sizeof(source->port),
		checker->secret, KEY_SIZE);
}

bool cookie_mac1_valid(const struct cookie_checker *checker,
		       const uint8_t *message, uint32_t length)
{
	return mac_valid(checker->mac1_key, KEY_SIZE, message,
			 length - 2 * MAC_SIZE);
}

bool cookie_mac2_valid(const struct cookie_checker *checker,
		       const uint8_t *message, uint32_t length,
		       const struct pywg_endpoint *source, uint64_t now)
{
	uint8_t cookie[COOKIE_SIZE];

	if (!cookie_has_secret(checker, now))
		return false;
	make_cookie(checker, cookie, source);
	return mac_valid(cookie, COOKIE_SIZE, message, length - MAC_SIZE);
}

bool cookie_reply(const struct cookie_checker *checker,
		  uint8_t reply[COOKIE_REPLY_SIZE], const uint8_t *message,
		  uint32_t length, const struct pywg_endpoint *source)
{
	uint8_t *nonce = reply + REPLY_NONCE_AT;
	const uint8_t *mac1 = message + length - 2 * MAC_SIZE;
	const struct primitives_seal with = {checker->reply_key, nonce,
					     COOKIE_NONCE_SIZE, mac1, MAC_SIZE};
	uint8_t cookie[COOKIE_SIZE];

	store_le32(reply, MESSAGE_COOKIE_REPLY);
	memcpy(reply + REPLY_RECEIVER_AT, message + SENDER_AT, 4);
	make_cookie(checker, cookie, source);
	return primitives_random(nonce, COOKIE_NONCE_SIZE) &&
	       primitives_seal(&with, reply + REPLY_COOKIE_AT, cookie,
			       COOKIE_SIZE);
}
