/* The second thread, where one is wanted: it is the receiving lane.
 *
 * The lanes part and meet inside pywg_wait. Only while they are parted does the
 * thread work; else it is between two bursts, and the caller may touch all
 * there is. */
#ifndef PYWG_RX_THREAD_H
#define PYWG_RX_THREAD_H

#include "plane.h"

/* Use 1 lane or 2; answers how many there are then, or a negated errno. */
int lanes_set(struct plane *plane, uint32_t lanes);
/* End the second, for good. */
void lanes_end(struct plane *plane);
/* Whether there are two, of which the second is made by now. */
bool lanes_ready(struct plane *plane);
/* Let the second work. */
void lanes_part(struct plane *plane);
/* Wait for the end of its burst. */
void lanes_meet(struct plane *plane);
/* Take it off the sockets too: what is polled is not quite closed. */
void lanes_rest(struct plane *plane);
/* End a poll of the sending lane that has plane->lanes.called in it. */
void lanes_call(struct plane *plane);
void lanes_heard(struct plane *plane);

#endif
