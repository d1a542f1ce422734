/* What waits for pywg_wait to return it: events of peers, and handshake
 * messages. */
#ifndef PYWG_EVENT_QUEUE_H
#define PYWG_EVENT_QUEUE_H

#include "pywg.h"
#include "wireguard.h"

#include <stdbool.h>
#include <stdint.h>

struct queued_event {
	uint32_t kind;
	uint32_t peer;
};

struct event_queue {
	struct queued_event *entries;
	uint8_t *queued_kinds; /* of each peer, as bits */
	uint32_t size;
	uint32_t first;
	uint32_t count;
};

struct queued_handshake {
	uint32_t length;
	uint8_t data[INITIATION_SIZE];
	struct pywg_endpoint endpoint;
};

struct handshake_queue {
	struct queued_handshake *entries; /* HANDSHAKE_QUEUE_SIZE */
	uint32_t first;
	uint32_t count;
};

/* Bytes for events of peers 0 to `peers` - 1. */
uint64_t event_queue_memory(uint32_t peers);
/* Use zeroed memory, aligned to 8 bytes. */
void event_queue_init(struct event_queue *queue, void *memory, uint32_t peers);
/* Queue an event, unless one of this kind and peer is queued already. */
void event_queue_push(struct event_queue *queue, uint32_t kind, uint32_t peer);
/* Take the oldest event; the queue must not be empty. */
void event_queue_pop(struct event_queue *queue, struct pywg_event *out);
/* Drop all events of a peer. */
void event_queue_remove_peer(struct event_queue *queue, uint32_t peer);

/* Queue a copy of a message of at most INITIATION_SIZE bytes; the queue must
 * have room. */
void handshake_queue_push(struct handshake_queue *queue, const uint8_t *data,
			  uint32_t length, const struct pywg_endpoint *source);
/* Take the oldest message; the queue must not be empty. out->id is left to the
 * caller. */
void handshake_queue_pop(struct handshake_queue *queue, struct pywg_event *out);

#endif
