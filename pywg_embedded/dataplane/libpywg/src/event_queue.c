#include "event_queue.h"

#include <string.h>

/* PYWG_HANDSHAKE_NEEDED, PYWG_KEY_CONFIRMED and PYWG_ACTIVE: no queue of this
 * size can overflow. */
#define KINDS_PER_PEER 3

uint64_t event_queue_memory(uint32_t peers)
{
	return (uint64_t)peers * KINDS_PER_PEER * sizeof(struct queued_event) +
	       peers * sizeof(uint8_t);
}

void event_queue_init(struct event_queue *queue, void *memory, uint32_t peers)
{
	queue->size = peers * KINDS_PER_PEER;
	queue->entries = memory;
	queue->queued_kinds = (void *)(queue->entries + queue->size);
}

void event_queue_push(struct event_queue *queue, uint32_t kind, uint32_t peer)
{
	const uint8_t bit = (uint8_t)(1u << kind);

	if (queue->queued_kinds[peer] & bit || queue->count == queue->size)
		return;
	queue->queued_kinds[peer] |= bit;
	queue->entries[(queue->first + queue->count) % queue->size] =
		(struct queued_event){kind, peer};
	queue->count++;
}

void event_queue_pop(struct event_queue *queue, struct pywg_event *out)
{
	const struct queued_event *first = &queue->entries[queue->first];

	out->kind = first->kind;
	out->id = first->peer;
	queue->queued_kinds[first->peer] &= (uint8_t) ~(1u << first->kind);
	queue->first = (queue->first + 1) % queue->size;
	queue->count--;
}

void event_queue_remove_peer(struct event_queue *queue, uint32_t peer)
{
	uint32_t kept = 0;

	for (uint32_t n = 0; n < queue->count; n++) {
		uint32_t from = (queue->first + n) % queue->size;
		uint32_t to = (queue->first + kept) % queue->size;

		queue->entries[to] = queue->entries[from];
		kept += queue->entries[to].peer != peer;
	}
	queue->count = kept;
	queue->queued_kinds[peer] = 0;
}

void handshake_queue_push(struct handshake_queue *queue, const uint8_t *data,
			  uint32_t length, const struct pywg_endpoint *source)
{
	const uint32_t end = queue->first + queue->count;
	struct queued_handshake *entry =
		&queue->entries[end % HANDSHAKE_QUEUE_SIZE];

	memcpy(entry->data, data, length);
	entry->length = length;
	entry->endpoint = *source;
	queue->count++;
}

void handshake_queue_pop(struct handshake_queue *queue, struct pywg_event *out)
{
	const struct queued_handshake *first = &queue->entries[queue->first];

	queue->first = (queue->first + 1) % HANDSHAKE_QUEUE_SIZE;
	queue->count--;
	out->kind = PYWG_HANDSHAKE;
	out->length = first->length;
	memcpy(out->data, first->data, first->length);
	out->endpoint = first->endpoint;
}
