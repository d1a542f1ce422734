#include "replay.h"

#define WORD_BITS 64

/* Clear the words between the greatest counter so far and this one. */
static void replay_advance(struct replay *window, uint64_t counter)
{
	uint64_t last = counter / WORD_BITS;
	uint64_t stale = last - window->greatest / WORD_BITS;

	if (stale > REPLAY_WORDS)
		stale = REPLAY_WORDS;
	for (uint64_t n = 0; n < stale; n++)
		window->words[(last - n) % REPLAY_WORDS] = 0;
	window->greatest = counter;
}

bool replay_accept(struct replay *window, uint64_t counter)
{
	uint64_t bit = UINT64_C(1) << counter % WORD_BITS;
	uint64_t *word = &window->words[counter / WORD_BITS % REPLAY_WORDS];

	if (counter > window->greatest)
		replay_advance(window, counter);
	else if (window->greatest - counter > REPLAY_WINDOW_SIZE)
		return false;
	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}
