/* The optional second thread, which receives.
 *
 * It is resumed and paused inside pywg_wait. While it is paused it touches
 * nothing, and the caller may change whatever the plane holds. */
#ifndef PYWG_RX_THREAD_H
#define PYWG_RX_THREAD_H

#include "rx.h"

#include <stdbool.h>
#include <stdint.h>

/* Use 1 or 2 threads. Return how many there will be (1 on a single core), or a
 * negated errno. */
int rx_thread_set_count(struct rx *rx, uint32_t threads);
/* End the thread. */
void rx_thread_stop(struct rx *rx);
/* Start the thread if it is enabled and not yet started. Return whether it
 * runs; if it cannot be started, one thread does all. */
bool rx_thread_start(struct rx *rx);
void rx_thread_resume(struct rx *rx);
/* Wait for the end of a burst, after which the thread touches nothing. */
void rx_thread_pause(struct rx *rx);
/* For a paused thread: end its poll too. A socket that is polled stays open
 * when it is closed. */
void rx_thread_park(struct rx *rx);

#endif
