/* Which handshake messages are worth an event; reference/filter.py is the same
 * in Python, and says what for. */
#ifndef PYWG_HANDSHAKE_FILTER_H
#define PYWG_HANDSHAKE_FILTER_H

#include "cookie.h"
#include "ratelimiter.h"

struct plane;

struct handshake_filter {
	bool has_identity;
	struct cookie_checker checker;
	struct ratelimiter *limiter;
	uint64_t under_load_until;
	uint32_t rejected;
	/* Indices of our latest messages, the oldest overwritten first. */
	uint32_t expected[COOKIES_EXPECTED];
	uint32_t expected_count;
	uint32_t expected_next;
};

/* A public key, or NULL for none; the secret of cookies goes with it. */
void handshake_filter_set_identity(struct handshake_filter *filter,
				   const uint8_t *public);
void handshake_filter_expect_cookie(struct handshake_filter *filter,
				    uint32_t index);
/* Whether a datagram may join the queue. If not, it is counted as dropped, and
 * answered if it deserves a cookie. */
bool handshake_filter_check(struct plane *plane, const uint8_t *data,
			    uint32_t length,
			    const struct pywg_endpoint *source);
/* How many wait: at least enough for load, if there is load. */
uint32_t handshake_filter_backlog(const struct plane *plane);

#endif
