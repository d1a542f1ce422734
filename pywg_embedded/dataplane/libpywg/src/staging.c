#include "staging.h"

#include <stdbool.h>
#include <string.h>

#define SLOT_SIZE 2048
#define SLOT_DATA_SIZE (SLOT_SIZE - 6 * sizeof(uint32_t))

/* Slot 0 is the null slot. The first slot of a packet is in two queues: that of
 * its peer, and that of all packets by age. */
struct slot {
	uint32_t older;
	uint32_t newer;
	uint32_t next; /* next packet of this peer, or next free slot */
	uint32_t more; /* next slot of this packet */
	uint32_t peer;
	uint32_t length; /* of the packet */
	uint8_t data[SLOT_DATA_SIZE];
};

struct queue {
	uint32_t first;
	uint32_t last;
	uint32_t count;
};

struct staging {
	uint32_t slots;
	uint32_t per_peer;
	uint32_t used; /* slots ever used */
	uint32_t free;
	uint32_t available; /* free or never used */
	uint32_t oldest;
	uint32_t newest;
	struct queue *queues; /* of each peer */
	struct slot slot[];
};

uint64_t staging_memory(uint32_t slots, uint32_t peers)
{
	return sizeof(struct staging) +
	       ((uint64_t)slots + 1) * sizeof(struct slot) +
	       (uint64_t)peers * sizeof(struct queue);
}

struct staging *staging_init(void *memory, uint32_t slots, uint32_t per_peer)
{
	struct staging *staging = memory;

	staging->slots = staging->available = slots;
	staging->per_peer = per_peer;
	staging->queues = (void *)(staging->slot + (size_t)slots + 1);
	return staging;
}

uint32_t staging_count(const struct staging *staging, uint32_t peer)
{
	return staging->queues[peer].count;
}

/* Slots. */

static uint32_t staging_slots_needed(uint32_t length)
{
	return length ? (uint32_t)((length + SLOT_DATA_SIZE - 1) /
				   SLOT_DATA_SIZE)
		      : 1;
}

static uint32_t staging_alloc_slot(struct staging *staging)
{
	uint32_t at = staging->free;

	staging->available--;
	if (!at)
		return ++staging->used;
	staging->free = staging->slot[at].next;
	return at;
}

static void staging_free_slots(struct staging *staging, uint32_t at)
{
	while (at) {
		uint32_t more = staging->slot[at].more;

		staging->slot[at].next = staging->free;
		staging->free = at;
		staging->available++;
		at = more;
	}
}

static uint32_t staging_chunk_size(uint32_t length)
{
	return length < SLOT_DATA_SIZE ? length : (uint32_t)SLOT_DATA_SIZE;
}

static uint32_t staging_store(struct staging *staging, const uint8_t *packet,
			      uint32_t length)
{
	uint32_t first = 0;
	uint32_t *link = &first;

	do {
		uint32_t at = staging_alloc_slot(staging);
		struct slot *slot = &staging->slot[at];
		uint32_t chunk = staging_chunk_size(length);

		/* The data of a keepalive is NULL. */
		if (chunk) {
			memcpy(slot->data, packet, chunk);
			packet += chunk;
		}
		length -= chunk;
		slot->more = 0;
		*link = at;
		link = &slot->more;
	} while (length);
	return first;
}

static void staging_load(const struct staging *staging, uint32_t at,
			 uint8_t *out)
{
	uint32_t length = staging->slot[at].length;

	for (; at; at = staging->slot[at].more) {
		uint32_t chunk = staging_chunk_size(length);

		memcpy(out, staging->slot[at].data, chunk);
		out += chunk;
		length -= chunk;
	}
}

/* Queues. */

static void staging_enqueue(struct staging *staging, uint32_t at)
{
	struct slot *slot = &staging->slot[at];
	struct queue *queue = &staging->queues[slot->peer];

	slot->next = slot->newer = 0;
	slot->older = staging->newest;
	if (slot->older)
		staging->slot[slot->older].newer = at;
	else
		staging->oldest = at;
	staging->newest = at;
	if (queue->count++)
		staging->slot[queue->last].next = at;
	else
		queue->first = at;
	queue->last = at;
}

static uint32_t staging_dequeue(struct staging *staging, uint32_t peer)
{
	struct queue *queue = &staging->queues[peer];
	uint32_t at = queue->first;
	const struct slot *slot = &staging->slot[at];

	queue->first = slot->next;
	queue->count--;
	if (slot->older)
		staging->slot[slot->older].newer = slot->newer;
	else
		staging->oldest = slot->newer;
	if (slot->newer)
		staging->slot[slot->newer].older = slot->older;
	else
		staging->newest = slot->older;
	return at;
}

static void staging_drop_oldest(struct staging *staging, uint32_t peer)
{
	staging_free_slots(staging, staging_dequeue(staging, peer));
}

/* The interface. */

uint32_t staging_put(struct staging *staging, uint32_t peer,
		     const uint8_t *packet, uint32_t length)
{
	uint32_t needed = staging_slots_needed(length);
	uint32_t dropped = 0;
	uint32_t at;

	if (needed > staging->slots)
		return 1;
	if (staging_count(staging, peer) >= staging->per_peer) {
		staging_drop_oldest(staging, peer);
		dropped++;
	}
	for (; staging->available < needed; dropped++)
		staging_drop_oldest(staging,
				    staging->slot[staging->oldest].peer);
	at = staging_store(staging, packet, length);
	staging->slot[at].peer = peer;
	staging->slot[at].length = length;
	staging_enqueue(staging, at);
	return dropped;
}

int32_t staging_take(struct staging *staging, uint32_t peer, uint8_t *out)
{
	uint32_t at;

	if (!staging_count(staging, peer))
		return STAGING_EMPTY;
	at = staging_dequeue(staging, peer);
	staging_load(staging, at, out);
	staging_free_slots(staging, at);
	return (int32_t)staging->slot[at].length;
}

uint32_t staging_purge(struct staging *staging, uint32_t peer)
{
	uint32_t count = staging_count(staging, peer);

	for (uint32_t n = 0; n < count; n++)
		staging_drop_oldest(staging, peer);
	return count;
}
