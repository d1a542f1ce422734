/* What waits for Python: handshake datagrams, and things that happened. */
#ifndef PYWG_EVENT_QUEUE_H
#define PYWG_EVENT_QUEUE_H

#include "plane.h"

/* Tell once; a kind that this peer has waiting already is not repeated. */
void event_queue_push(struct plane *plane, uint32_t kind, uint32_t peer);
void event_queue_remove_peer(struct plane *plane, uint32_t peer);
/* Queue what the sieve lets pass. */
void event_queue_push_handshake(struct plane *plane, const uint8_t *data,
				uint32_t length,
				const struct pywg_endpoint *source);
void event_queue_clear_handshakes(struct plane *plane);
/* Whether there is something to take, of any kind but handshakes. */
bool event_queue_has_peer_events(const struct plane *plane);
/* Of any kind. */
bool event_queue_has_events(const struct plane *plane);
/* Take up to `room`; how many. */
uint32_t event_queue_pop(struct plane *plane, struct pywg_event *out,
			 uint32_t room);

#endif
