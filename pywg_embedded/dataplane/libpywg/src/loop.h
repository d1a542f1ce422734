/* pywg_wait: poll, then process bounded bursts of each descriptor. */
#ifndef PYWG_LOOP_H
#define PYWG_LOOP_H

#include "plane.h"

/* See pywg_watch, pywg_unwatch and pywg_wait. */
int loop_watch(struct plane *plane, int descriptor, bool writable);
int loop_unwatch(struct plane *plane, int descriptor);
int loop_wait(struct plane *plane, int timeout, struct pywg_event *out,
	      uint32_t room);

#endif
