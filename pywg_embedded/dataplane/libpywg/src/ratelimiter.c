#include "ratelimiter.h"
#include "blake2.h"
#include "byteorder.h"
#include "crypto/primitives.h"
#include "wireguard.h"

#define IPV6_PREFIX_SIZE 8
#define TOKEN_COST (1000 / SOURCE_PACKETS_PER_SECOND)
#define BUCKET_SIZE (SOURCE_PACKETS_BURST * TOKEN_COST)

bool ratelimiter_init(struct ratelimiter *limiter)
{
	return primitives_random(limiter->secret, sizeof(limiter->secret));
}

static bool take_token(uint64_t *full_at, uint64_t now)
{
	const uint64_t next = (*full_at > now ? *full_at : now) + TOKEN_COST;

	if (next - now > BUCKET_SIZE)
		return false;
	*full_at = next;
	return true;
}

bool ratelimiter_allow(struct ratelimiter *limiter, const uint8_t *address,
		       size_t size, uint64_t now)
{
	uint8_t digest[10];
	uint64_t tag;
	size_t first;

	blake2s(digest, sizeof(digest), address,
		size == 4 ? size : IPV6_PREFIX_SIZE, limiter->secret,
		sizeof(limiter->secret));
	tag = load_le64(digest) | 1;
	first = load_le16(digest + 8) % RATELIMITER_SETS * RATELIMITER_WAYS;
	for (size_t way = first; way < first + RATELIMITER_WAYS; way++) {
		if (limiter->tags[way] == tag)
			return take_token(&limiter->full_at[way], now);
	}
	for (size_t way = first; way < first + RATELIMITER_WAYS; way++) {
		if (limiter->full_at[way] > now)
			continue;
		limiter->tags[way] = tag;
		return take_token(&limiter->full_at[way], now);
	}
	return false;
}
