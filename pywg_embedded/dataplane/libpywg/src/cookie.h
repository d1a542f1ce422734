/* mac1, mac2 and cookie replies, on the side that receives (paper 5.4.4,
 * 5.4.7); core/cookie.py has both sides. */
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

/* Check for this public key; whatever was there before is overwritten. */
void cookie_set_identity(struct cookie_checker *checker,
			 const uint8_t public[KEY_SIZE]);
void cookie_set_secret(struct cookie_checker *checker,
		       const uint8_t secret[KEY_SIZE], uint64_t made_at);
void cookie_wipe(struct cookie_checker *checker);

/* Whether there is a secret, and not too old a one. */
bool cookie_has_secret(const struct cookie_checker *checker, uint64_t now);
/* Messages that end in two macs. Whether the sender knows our public key: */
bool cookie_mac1_valid(const struct cookie_checker *checker,
		       const uint8_t *message, uint32_t length);
/* Whether it can receive at the address it sends from: */
bool cookie_mac2_valid(const struct cookie_checker *checker,
		       const uint8_t *message, uint32_t length,
		       const struct pywg_endpoint *source, uint64_t now);
/* The reply to a message whose mac1 is valid, under a secret that there is;
 * false if none can be made. */
bool cookie_reply(const struct cookie_checker *checker,
		  uint8_t reply[COOKIE_REPLY_SIZE], const uint8_t *message,
		  uint32_t length, const struct pywg_endpoint *source);

#endif
