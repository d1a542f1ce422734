/* What the packets that came in prove of their peers: noted by the receiving
 * lane as they come, and applied by the sending one once a burst. */
#ifndef PYWG_RX_UPDATES_H
#define PYWG_RX_UPDATES_H

#include "plane.h"

/* An authentic datagram of `length` bytes, seen for the first time. */
void arrivals_note(struct plane *plane, uint32_t session, uint32_t length,
		   const struct pywg_endpoint *source);
/* Before the packets are written: whoever answers one goes by what it proved.
 */
void arrivals_hand_over(struct plane *plane);

/* The rest is the sending lane's. Apply what was handed over; false if first
 * the lanes have to meet. */
bool arrivals_settle(struct plane *plane);
/* Have the next arrival of this peer settled at once. */
void arrivals_expect(struct plane *plane, uint32_t peer);

#endif
