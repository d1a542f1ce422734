/* Packets that wait for a keypair: limited for each peer and for all together.
 *
 * A packet takes one slot of a shared pool if it fits an ordinary MTU, several
 * under a jumbo MTU. If there is no room, the oldest packet is dropped.
 */
#ifndef PYWG_STAGING_H
#define PYWG_STAGING_H

#include <stddef.h>
#include <stdint.h>

#define STAGING_EMPTY (-1)

struct staging;

/* Return the bytes for `slots` slots and peers 0 to `peers` - 1. */
uint64_t staging_memory(uint32_t slots, uint32_t peers);
/* Return a pool in zeroed memory, aligned to 8 bytes. */
struct staging *staging_init(void *memory, uint32_t slots, uint32_t per_peer);

uint32_t staging_count(const struct staging *staging, uint32_t peer);
/* Store a copy of a packet of any length (NULL if 0). Return how many packets
 * were dropped: older ones, or this one if it does not fit the pool. */
uint32_t staging_put(struct staging *staging, uint32_t peer,
		     const uint8_t *packet, uint32_t length);
/* Remove the oldest packet of a peer and copy it to `out` (65535 bytes). Return
 * its length, or STAGING_EMPTY. */
int32_t staging_take(struct staging *staging, uint32_t peer, uint8_t *out);
/* Drop all packets of a peer. Return how many. */
uint32_t staging_purge(struct staging *staging, uint32_t peer);

#endif
