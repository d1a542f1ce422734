/* What the packets that came in prove of their peers: noted by the receiving
 * lane as they come, applied once a burst. */
#ifndef PYWG_ARRIVALS_H
#define PYWG_ARRIVALS_H

#include "plane.h"

/* An authentic datagram of `length` bytes, seen for the first time. */
void arrivals_note(struct plane *plane, uint32_t session, uint32_t length,
		   const struct pywg_endpoint *source);
/* Before the packets are written: whoever answers one goes by what it proved.
 */
void arrivals_hand_over(struct plane *plane);

#endif
