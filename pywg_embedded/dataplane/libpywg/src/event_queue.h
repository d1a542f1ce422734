/* What waits for Python: handshake datagrams, and things that happened. */
#ifndef PYWG_EVENT_QUEUE_H
#define PYWG_EVENT_QUEUE_H

#include "plane.h"

/* Tell once; a kind that this peer has waiting already is not repeated. */
void events_raise(struct plane *plane, uint32_t kind, uint32_t peer);
void events_forget_peer(struct plane *plane, uint32_t peer);
/* Queue what the sieve lets pass. */
void events_queue_handshake(struct plane *plane, const uint8_t *data,
			    uint32_t length,
			    const struct pywg_endpoint *source);
void events_forget_handshakes(struct plane *plane);
/* Whether there is something to take, of any kind but handshakes. */
bool events_happened(const struct plane *plane);
/* Of any kind. */
bool events_wait(const struct plane *plane);
/* Take up to `room`; how many. */
uint32_t events_take(struct plane *plane, struct pywg_event *out,
		     uint32_t room);

#endif
