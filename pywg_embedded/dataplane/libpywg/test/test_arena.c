/* The arena: one mapping, divided into tables. */
#include "sys/arena.h"
#include "test.h"

#include <errno.h>

enum { FIRST, EMPTY, HUGE_ONE, LAST, TABLES };

static uint64_t first_size(const struct arena_limits *limits)
{
	return limits->peers;
}

static uint64_t empty_size(const struct arena_limits *limits)
{
	(void)limits;
	return 0;
}

static uint64_t huge_size(const struct arena_limits *limits)
{
	return (uint64_t)limits->allowed_ips << 20;
}

static const struct arena_table tables[TABLES] = {
	[FIRST] = {"first", first_size},
	[EMPTY] = {"empty", empty_size},
	[HUGE_ONE] = {"huge", huge_size},
	[LAST] = {"last", first_size},
};

static void test_table_sizes_are_aligned(void)
{
	static const struct {
		uint32_t peers;
		uint64_t size;
	} rows[] = {{0, 0}, {1, 64}, {64, 64}, {65, 128}};

	for (size_t row = 0; row < ROWS(rows); row++) {
		struct arena_limits limits = {.peers = rows[row].peers};

		CHECK(row, arena_table_size(&tables[FIRST], &limits) ==
				   rows[row].size);
	}
}

static void test_tables_are_aligned_and_zeroed(void)
{
	struct arena_limits limits = {.peers = 65, .allowed_ips = 1};
	static const size_t at[TABLES] = {0, 128, 128, 128 + (1 << 20)};
	struct arena arena;

	CHECK(0, !arena_open(&arena, tables, TABLES, &limits));
	CHECK(1, arena.size == 2 * 128 + (1 << 20));
	for (size_t row = 0; row < TABLES; row++) {
		uint8_t *table = arena_at(&arena, row);

		CHECK(row, table == arena.memory + at[row]);
		CHECK(row, !table[0]);
	}
	arena_close(&arena);
}

static void test_oversized_arena_is_refused(void)
{
	static struct arena_table many[ARENA_MAX_TABLES + 1];
	struct arena_limits limits = {.allowed_ips = UINT32_MAX};
	struct arena arena;

	for (size_t n = 0; n < ROWS(many); n++)
		many[n] = tables[HUGE_ONE];
	CHECK(0, arena_open(&arena, many, 2, &limits) == -ENOMEM);
	limits.allowed_ips = 1;
	CHECK(1, arena_open(&arena, many, ROWS(many), &limits) == -EINVAL);
}

int main(void)
{
	test_table_sizes_are_aligned();
	test_tables_are_aligned_and_zeroed();
	test_oversized_arena_is_refused();
	return test_result();
}
