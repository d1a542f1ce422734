/* Token buckets, one for each source address, in a table of fixed size;
 * core/ratelimiter.py is the same in Python, with the reasons. */
#ifndef PYWG_RATELIMITER_H
#define PYWG_RATELIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATELIMITER_SETS 256
#define RATELIMITER_WAYS 8
#define RATELIMITER_PLACES (RATELIMITER_SETS * RATELIMITER_WAYS)

struct ratelimiter {
	/* The key of the hash, so that no sender can choose its bucket. */
	uint8_t secret[16];
	uint64_t tags[RATELIMITER_PLACES];
	/* When a bucket is full again; each packet adds its cost. */
	uint64_t full_at[RATELIMITER_PLACES];
};

/* Use zeroed memory. Return false if there is no randomness. */
bool ratelimiter_init(struct ratelimiter *limiter);
/* Take a token of a source (an address of 4 or 16 bytes) at `now`, in
 * milliseconds. Return whether there was one. */
bool ratelimiter_allow(struct ratelimiter *limiter, const uint8_t *address,
		       size_t size, uint64_t now);

#endif
