/* Each counter is accepted once, and none below the window. */
#include "replay.h"
#include "test.h"

#include <string.h>

#define W UINT64_C(8128)
#define LAST (REJECT_AFTER_MESSAGES - 1)
#define BIT(n) (UINT64_C(1) << (n))

struct step {
	enum { END, NEW, OLD } expected;
	uint64_t counter;
};

/* Counters in the order of receipt, and whether each is accepted. */
static const struct step rows[][6] = {
	/* The beginning */
	{{NEW, 0}, {OLD, 0}, {NEW, 1}, {OLD, 1}, {OLD, 0}},
	{{NEW, 1}, {NEW, 0}, {OLD, 0}, {OLD, 1}},
	/* Out of order, twice */
	{{NEW, 9}, {NEW, 8}, {NEW, 7}, {OLD, 7}, {NEW, 0}},
	/* The lower edge */
	{{NEW, W}, {NEW, 0}, {OLD, 0}},
	{{NEW, W + 1}, {OLD, 0}, {NEW, 1}, {OLD, 1}},
	{{NEW, 2 * W}, {OLD, W - 1}, {NEW, W}, {OLD, W}},
	{{NEW, W - 1}, {NEW, W}, {NEW, W + 1}, {OLD, 0}, {NEW, 1}},
	/* Words of 64 */
	{{NEW, 63}, {NEW, 64}, {OLD, 63}, {NEW, 62}, {NEW, 65}},
	{{NEW, 64}, {NEW, 0}, {NEW, 128}, {OLD, 64}, {NEW, 127}},
	/* Bits that reuse the place of older ones */
	{{NEW, 0}, {NEW, W + 64}, {NEW, 64}, {OLD, 63}},
	{{NEW, 5}, {NEW, W + 69}, {NEW, 70}, {OLD, 68}, {NEW, 69}},
	{{NEW, 100}, {NEW, 2 * W + 228}, {OLD, W + 164}, {NEW, W + 228}},
	{{NEW, 64}, {NEW, W + 127}, {OLD, 64}, {NEW, 127}, {OLD, 126}},
	/* Far jumps clear the window, also the word of its lower edge */
	{{NEW, 5}, {NEW, BIT(40)}, {OLD, 5}, {NEW, BIT(40) - W}},
	{{NEW, 127}, {NEW, 32768}, {NEW, 24703}, {OLD, 24639}},
	/* Near 2^31, 2^32, 2^63 and the end */
	{{NEW, BIT(31) - 1}, {NEW, BIT(31)}, {OLD, BIT(31) - 1}},
	{{NEW, 3}, {NEW, BIT(32) + 3}, {NEW, BIT(32) + 2}, {OLD, 3}},
	{{NEW, BIT(32)}, {NEW, BIT(32) - W}, {OLD, BIT(32) - W - 1}},
	{{NEW, BIT(63) - 1}, {NEW, BIT(63)}, {OLD, BIT(63)}},
	{{NEW, LAST}, {OLD, LAST}, {NEW, LAST - W}, {OLD, LAST - W - 1}},
	{{NEW, UINT64_MAX}, {OLD, UINT64_MAX}, {OLD, 0}},
};

static void test_counters_are_accepted_once_within_the_window(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		const struct step *step = rows[row];
		struct replay window = {0};

		for (; step->expected != END; step++)
			CHECK(row, replay_accept(&window, step->counter) ==
					   (step->expected == NEW));
	}
}

#define COUNTERS 60000

/* A window of unlimited size. */
struct model {
	bool seen[COUNTERS];
	uint32_t greatest;
};

static bool model_accept(struct model *model, uint32_t counter)
{
	if (model->seen[counter] || counter + W < model->greatest)
		return false;
	model->seen[counter] = true;
	if (counter > model->greatest)
		model->greatest = counter;
	return true;
}

static uint32_t jump(uint32_t *seed, uint32_t counter)
{
	static const uint32_t widths[] = {4, 64, 130, W + 70, 2 * W};
	uint32_t width = widths[test_random(seed) % ROWS(widths)];
	/* More often forward than back. */
	uint32_t to = counter + test_random(seed) % (2 * width) - width + 2;

	return to < COUNTERS ? to : counter;
}

static void test_random_orders_match_the_model(void)
{
	for (uint32_t row = 1; row <= 50; row++) {
		static struct model model;
		struct replay window = {0};
		uint32_t counter = 0, seed = row;
		bool same = true;

		memset(&model, 0, sizeof(model));
		for (int n = 0; n < 3000; n++) {
			counter = jump(&seed, counter);
			same &= replay_accept(&window, counter) ==
				model_accept(&model, counter);
		}
		CHECK(row, same);
	}
}

int main(void)
{
	test_counters_are_accepted_once_within_the_window();
	test_random_orders_match_the_model();
	return test_result();
}
