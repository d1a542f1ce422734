/* Token buckets: a burst, a steady rate, and a full table. */
#include "byteorder.h"
#include "ratelimiter.h"
#include "test.h"

#include <string.h>

#define NOW UINT64_C(1000000)
/* Enough sources to fill every set of the table. */
#define CROWD 20000

static struct ratelimiter limiter;

static void fresh(void)
{
	memset(&limiter, 0, sizeof(limiter));
	CHECK(0, ratelimiter_init(&limiter));
}

static unsigned int allowed(const uint8_t *address, size_t size, uint64_t now,
			    unsigned int count)
{
	unsigned int passed = 0;

	while (count--)
		passed += ratelimiter_allow(&limiter, address, size, now);
	return passed;
}

/* Milliseconds after the burst, and how many of ten packets pass. */
static const struct {
	uint64_t later;
	unsigned int passing;
} rows[] = {{0, 5}, {49, 0}, {50, 1}, {99, 0}, {100, 1}, {250, 3}, {10000, 5}};

static void test_burst_passes_then_steady_rate(void)
{
	static const uint8_t source[16] = {192, 0, 2, 1};

	fresh();
	for (size_t row = 0; row < ROWS(rows); row++)
		CHECK(row, allowed(source, 4, NOW + rows[row].later, 10) ==
				   rows[row].passing);
}

/* Two addresses, and whether they share a bucket. */
static const struct {
	size_t size;
	uint8_t first[16];
	uint8_t second[16];
	bool shared;
} pairs[] = {
	{4, {192, 0, 2, 1}, {192, 0, 2, 1}, true},
	{4, {192, 0, 2, 1}, {192, 0, 2, 2}, false},
	{16, {0}, {0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255}, true},
	{16, {0}, {0, 0, 0, 0, 0, 0, 0, 1}, false},
	{16, {0}, {128}, false},
};

static void test_ipv6_sources_share_the_bucket_of_their_network(void)
{
	for (size_t row = 0; row < ROWS(pairs); row++) {
		const size_t size = pairs[row].size;

		fresh();
		CHECK(row, allowed(pairs[row].first, size, NOW, 6) == 5);
		CHECK(row, ratelimiter_allow(&limiter, pairs[row].second, size,
					     NOW) != pairs[row].shared);
	}
}

static unsigned int crowd(uint32_t from, uint32_t count, uint64_t now)
{
	unsigned int passed = 0;
	uint8_t address[4];

	for (uint32_t n = from; n < from + count; n++) {
		store_be32(address, n);
		passed += ratelimiter_allow(&limiter, address, 4, now);
	}
	return passed;
}

static void test_full_table_refuses_new_sources_until_a_bucket_is_full(void)
{
	fresh();
	CHECK(0, crowd(0, CROWD, NOW) == RATELIMITER_PLACES);
	CHECK(1, crowd(CROWD, 100, NOW + 49) == 0);
	CHECK(2, crowd(CROWD, 100, NOW + 50) == 100);
}

static void test_sets_differ_with_each_secret(void)
{
	uint64_t before[RATELIMITER_PLACES];

	fresh();
	crowd(0, 1000, NOW);
	memcpy(before, limiter.full_at, sizeof(before));
	fresh();
	crowd(0, 1000, NOW);
	CHECK(0, memcmp(before, limiter.full_at, sizeof(before)));
}

int main(void)
{
	test_burst_passes_then_steady_rate();
	test_ipv6_sources_share_the_bucket_of_their_network();
	test_full_table_refuses_new_sources_until_a_bucket_is_full();
	test_sets_differ_with_each_secret();
	return test_result();
}
