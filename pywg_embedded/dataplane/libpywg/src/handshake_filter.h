/* Which handshake messages are worth the work of Python (paper 5.3, 5.4.7);
 * core/handshake_filter.py is the same in Python, with the reasons. */
#ifndef PYWG_HANDSHAKE_FILTER_H
#define PYWG_HANDSHAKE_FILTER_H

#include "cookie.h"
#include "drop_reasons.h"
#include "ratelimiter.h"

#include <stdbool.h>
#include <stdint.h>

struct handshake_filter {
	bool has_identity;
	struct cookie_checker checker;
	struct ratelimiter *limiter;
	uint64_t under_load_until;
	uint32_t rejected; /* since load was last noted */
	/* Indices of our latest messages, the oldest overwritten first. */
	uint32_t expected[COOKIES_EXPECTED];
	uint32_t expected_count;
	uint32_t expected_next;
};

enum handshake_verdict {
	HANDSHAKE_ACCEPT,
	HANDSHAKE_DROP,
	HANDSHAKE_DROP_WITH_COOKIE, /* and answer with a cookie reply */
};

/* Check for this public key, or for none (NULL): then nothing passes. The
 * cookie secret is overwritten. */
void handshake_filter_set_identity(struct handshake_filter *filter,
				   const uint8_t *public);
/* A cookie reply may come for our message with this sender index. */
void handshake_filter_expect_cookie(struct handshake_filter *filter,
				    uint32_t index);
/* Decide on a message of at least 4 bytes, while `queued` others wait. `reason`
 * is written unless the verdict is HANDSHAKE_ACCEPT. */
enum handshake_verdict
handshake_filter_check(struct handshake_filter *filter, const uint8_t *data,
		       uint32_t length, const struct pywg_endpoint *source,
		       uint32_t queued, uint64_t now, enum drop_reason *reason);
/* The backlog to report for `queued` messages: under load at least as much as
 * means load to Python. */
uint32_t handshake_filter_backlog(const struct handshake_filter *filter,
				  uint32_t queued, uint64_t now);

#endif
