/* Token buckets, one a source, in a table that never grows: the same as
 * core/ratelimiter.py, and there for the same reasons. */
#ifndef PYWG_RATELIMITER_H
#define PYWG_RATELIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATELIMITER_SETS 256
#define RATELIMITER_WAYS 8
#define RATELIMITER_PLACES (RATELIMITER_SETS * RATELIMITER_WAYS)

struct ratelimiter {
	/* What the places of sources hang on, so that nobody can choose them.
	 */
	uint8_t secret[16];
	uint64_t tags[RATELIMITER_PLACES];
	/* When a bucket is full again; each packet moves that by its cost. */
	uint64_t full_at[RATELIMITER_PLACES];
};

/* In zeroed memory; false without randomness. */
bool ratelimiter_init(struct ratelimiter *limiter);
/* Whether a source (an address of 4 or 16 bytes) may send one more at `now`,
 * in milliseconds; takes the token if so. */
bool ratelimiter_allow(struct ratelimiter *limiter, const uint8_t *address,
		       size_t size, uint64_t now);

#endif
