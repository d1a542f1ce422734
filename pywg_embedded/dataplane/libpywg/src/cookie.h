/* mac1, mac2 and cookie replies for received messages (paper 5.4.4, 5.4.7);
 * core/cookie.py has both sides. */
#ifndef PYWG_COOKIE_H
#define PYWG_COOKIE_H

#include "pywg.h"
#include "wireguard.h"

#include <stdbool.h>

struct cookie_checker {
	uint8_t mac1_key[KEY_SIZE];
	uint8_t reply_key[KEY_SIZE];
	uint8_t secret[KEY_SIZE];
	uint64_t secret_made_at;
	bool has_secret;
};

/* Check messages with this public key. The previous key and secret are
 * overwritten. */
void cookie_set_identity(struct cookie_checker *checker,
			 const uint8_t public[KEY_SIZE]);
void cookie_set_secret(struct cookie_checker *checker,
		       const uint8_t secret[KEY_SIZE], uint64_t made_at);
void cookie_wipe(struct cookie_checker *checker);

/* Whether there is a secret that has not expired. */
bool cookie_has_secret(const struct cookie_checker *checker, uint64_t now);
/* Whether the sender of a message that ends in mac1 and mac2 knows our public
 * key. */
bool cookie_mac1_valid(const struct cookie_checker *checker,
		       const uint8_t *message, uint32_t length);
/* Whether it received a cookie at the address that it sends from. */
bool cookie_mac2_valid(const struct cookie_checker *checker,
		       const uint8_t *message, uint32_t length,
		       const struct pywg_endpoint *source, uint64_t now);
/* Write the reply to a message whose mac1 is valid; there must be a secret.
 * Return false if the library fails. */
bool cookie_reply(const struct cookie_checker *checker,
		  uint8_t reply[COOKIE_REPLY_SIZE], const uint8_t *message,
		  uint32_t length, const struct pywg_endpoint *source);

#endif
