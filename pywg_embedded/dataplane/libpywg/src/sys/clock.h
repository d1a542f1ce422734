#ifndef PYWG_CLOCK_H
#define PYWG_CLOCK_H

#include <stdint.h>

struct direction;

/* Read the clock into direction->now, milliseconds; once a burst is enough. */
uint64_t clock_read(struct direction *direction);

#endif
