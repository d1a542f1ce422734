#ifndef PYWG_CLOCK_H
#define PYWG_CLOCK_H

#include <stdint.h>

struct lane;

/* Read the clock into lane->now, milliseconds; once a burst is enough. */
uint64_t clock_read(struct lane *lane);

#endif
