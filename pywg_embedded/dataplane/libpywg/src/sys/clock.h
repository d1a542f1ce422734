#ifndef PYWG_CLOCK_H
#define PYWG_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_BOOTTIME; `stopped` instead unless it is 0. */
uint64_t clock_read(uint64_t stopped);
/* See pywg_clock_is_synchronized. */
int clock_is_synchronized(void);

#endif
