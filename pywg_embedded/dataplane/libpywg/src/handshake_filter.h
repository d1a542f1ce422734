/* Which handshake messages are worth an event; reference/sieve.py is the same
 * in Python, and says what for. */
#ifndef PYWG_HANDSHAKE_FILTER_H
#define PYWG_HANDSHAKE_FILTER_H

#include "cookie.h"
#include "ratelimiter.h"

struct plane;

struct sieve {
	bool has_identity;
	struct cookie_checker checker;
	struct ratelimiter *limiter;
	uint64_t under_load_until;
	uint32_t turned_away;
	/* Indices of our latest messages, the oldest overwritten first. */
	uint32_t expected[COOKIES_EXPECTED];
	uint32_t expected_count;
	uint32_t expected_next;
};

/* A public key, or NULL for none; the secret of cookies goes with it. */
void sieve_set_identity(struct sieve *sieve, const uint8_t *public);
void sieve_expect_cookie(struct sieve *sieve, uint32_t index);
/* Whether a datagram may join the queue. If not, it is counted as dropped, and
 * answered if it deserves a cookie. */
bool sieve_lets_pass(struct plane *plane, const uint8_t *data, uint32_t length,
		     const struct pywg_endpoint *source);
/* How many wait: at least enough for load, if there is load. */
uint32_t sieve_backlog(const struct plane *plane);

#endif
