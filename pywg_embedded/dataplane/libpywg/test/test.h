/* Checks that print the row of the table that failed. */
#ifndef PYWG_TEST_H
#define PYWG_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define CHECK(row, condition)                                                  \
	test_check(condition, __FILE__, __LINE__, (unsigned long)(row),        \
		   #condition)

static unsigned long test_passed, test_failed;

static inline void test_check(bool holds, const char *file, int line,
			      unsigned long row, const char *condition)
{
	if (holds) {
		test_passed++;
		return;
	}
	test_failed++;
	fprintf(stderr, "%s:%d: row %lu: %s\n", file, line, row, condition);
}

/* Print a summary and return the exit status. */
static inline int test_result(void)
{
	printf("%lu passed, %lu failed\n", test_passed, test_failed);
	return test_failed ? 1 : 0;
}

/* A pseudo-random sequence, equal in every run (xorshift, Marsaglia 2003);
 * never 0. */
static inline uint32_t test_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif
