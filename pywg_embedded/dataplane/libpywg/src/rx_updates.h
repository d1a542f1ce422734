/* What received packets prove of their peers: recorded while receiving, applied
 * to the peers by the thread that transmits. */
#ifndef PYWG_RX_UPDATES_H
#define PYWG_RX_UPDATES_H

#include "rx.h"

/* Record an authentic datagram of `length` bytes, received for the first time.
 */
void rx_updates_record(struct rx *rx, uint32_t keypair, uint32_t length,
		       const struct pywg_endpoint *source);
/* Apply what was recorded; on the rx thread, hand it over to the other one. */
void rx_updates_publish(struct rx *rx);

/* For the thread that transmits. Apply what the rx thread handed over; false if
 * that thread must be paused first. */
bool rx_updates_apply(struct rx *rx);
/* Let the next packet of this peer end a poll of the thread that transmits. */
void rx_updates_request_wakeup(struct rx *rx, uint32_t peer);

#endif
