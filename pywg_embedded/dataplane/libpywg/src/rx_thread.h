/* The second thread, where one is wanted: it is the rx direction.
 *
 * The rx_thread part and meet inside pywg_wait. Only while they are parted does
 * the thread work; else it is between two bursts, and the caller may touch all
 * there is. */
#ifndef PYWG_RX_THREAD_H
#define PYWG_RX_THREAD_H

#include "plane.h"

/* Use 1 direction or 2; answers how many there are then, or a negated errno. */
int rx_thread_set_count(struct plane *plane, uint32_t rx_thread);
/* End the second, for good. */
void rx_thread_stop(struct plane *plane);
/* Whether there are two, of which the second is made by now. */
bool rx_thread_start(struct plane *plane);
/* Let the second work. */
void rx_thread_resume(struct plane *plane);
/* Wait for the end of its burst. */
void rx_thread_pause(struct plane *plane);
/* Take it off the sockets too: what is polled is not quite closed. */
void rx_thread_park(struct plane *plane);
/* End a poll of the tx direction that has plane->rx_thread.tx_wakeup in it. */
void tx_wakeup_signal(struct plane *plane);
void tx_wakeup_drain(struct plane *plane);

#endif
