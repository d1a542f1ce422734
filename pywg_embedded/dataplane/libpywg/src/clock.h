#ifndef PYWG_CLOCK_H
#define PYWG_CLOCK_H

#include <stdint.h>

struct plane;

/* Read the clock into plane->now, milliseconds; once a burst is enough. */
uint64_t clock_read(struct plane *plane);

#endif
