/* What the packets that came in prove of their peers: noted by the rx
 * direction as they come, and applied by the tx one once a burst. */
#ifndef PYWG_RX_UPDATES_H
#define PYWG_RX_UPDATES_H

#include "plane.h"

/* An authentic datagram of `length` bytes, seen for the first time. */
void rx_updates_record(struct plane *plane, uint32_t keypair, uint32_t length,
		       const struct pywg_endpoint *source);
/* Before the packets are written: whoever answers one goes by what it proved.
 */
void rx_updates_publish(struct plane *plane);

/* The rest is the tx direction's. Apply what was handed over; false if first
 * the rx_thread have to meet. */
bool rx_updates_apply(struct plane *plane);
/* Have the next arrival of this peer settled at once. */
void rx_updates_request_wakeup(struct plane *plane, uint32_t peer);

#endif
