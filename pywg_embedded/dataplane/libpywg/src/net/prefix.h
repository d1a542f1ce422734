/* The bits of an IPv4 or IPv6 address, counted from the left; those that IPv4
 * lacks are zero. */
#ifndef PYWG_PREFIX_H
#define PYWG_PREFIX_H

#include "byteorder.h"

#include <string.h>

struct prefix {
	uint64_t high;
	uint64_t low;
};

static inline struct prefix prefix_load(const uint8_t *address, uint32_t size)
{
	struct prefix bits = {0, 0};

	if (size == 4) {
		bits.high = (uint64_t)load_be32(address) << 32;
	} else {
		bits.high = load_be64(address);
		bits.low = load_be64(address + 8);
	}
	return bits;
}

/* Write 16 bytes; an IPv4 address is the first four. */
static inline void prefix_store(uint8_t *address, struct prefix bits)
{
	store_be64(address, bits.high);
	store_be64(address + 8, bits.low);
}

static inline uint64_t prefix_mask(uint32_t count)
{
	return count ? UINT64_MAX << (64 - count) : 0;
}

/* Keep the first `count` bits and clear the others. */
static inline struct prefix prefix_cut(struct prefix bits, uint32_t count)
{
	if (count <= 64) {
		bits.high &= prefix_mask(count);
		bits.low = 0;
	} else {
		bits.low &= prefix_mask(count - 64);
	}
	return bits;
}

/* Return how many leading bits are equal, up to 128. */
static inline uint32_t prefix_common(struct prefix a, struct prefix b)
{
	if (a.high != b.high)
		return (uint32_t)__builtin_clzll(a.high ^ b.high);
	if (a.low != b.low)
		return 64 + (uint32_t)__builtin_clzll(a.low ^ b.low);
	return 128;
}

/* Return bit `at`; meaningless beyond the last one. */
static inline uint32_t prefix_bit(struct prefix bits, uint32_t at)
{
	uint64_t half = at < 64 ? bits.high : bits.low;

	return half >> (~at & 63) & 1;
}

#endif
