/* What received packets prove of their peers: recorded by the receiving
 * direction, applied to the peers by the main thread. */
#ifndef PYWG_RX_UPDATES_H
#define PYWG_RX_UPDATES_H

#include "rx.h"

/* Record an authentic datagram of `length` bytes, received for the first time.
 */
void rx_updates_record(struct rx *rx, uint32_t keypair, uint32_t length,
		       const struct pywg_endpoint *source);
/* Apply what was recorded; on the rx thread, hand it over to the main thread.
 */
void rx_updates_publish(struct rx *rx);

/* For the main thread. Apply what the rx thread handed over; false if
 * that thread must be paused first. */
bool rx_updates_apply(struct rx *rx);
/* Let the next packet of this peer end a poll of the main thread. */
void rx_updates_request_wakeup(struct rx *rx, uint32_t peer);

#endif
