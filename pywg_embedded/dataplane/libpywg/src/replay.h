/* The replay window (paper 5.4.6, RFC 6479). */
#ifndef PYWG_REPLAY_H
#define PYWG_REPLAY_H

#include "wireguard.h"

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WORDS (REPLAY_WINDOW_BITS / 64)

/* All zeros for a new keypair. */
struct replay {
	uint64_t greatest;
	uint64_t words[REPLAY_WORDS];
};

/* Return whether the counter of an authentic packet is new, and record it. */
bool replay_accept(struct replay *window, uint64_t counter);

#endif
