/* Packets that wait for a keypair: bounded for all peers together and for each.
 *
 * A packet lies in as many slots of one shared pool as it needs: one for what
 * fits an ordinary MTU, several under a jumbo MTU. The oldest packet makes
 * room. */
#ifndef PYWG_STAGING_H
#define PYWG_STAGING_H

#include <stddef.h>
#include <stdint.h>

#define STAGING_EMPTY (-1)

struct staging;

/* Bytes for `slots` slots and peers 0 to `peers` - 1. */
uint64_t staging_memory(uint32_t slots, uint32_t peers);
/* A pool in zeroed memory, aligned to 8 bytes. */
struct staging *staging_init(void *memory, uint32_t slots, uint32_t per_peer);

uint32_t staging_count(const struct staging *staging, uint32_t peer);
/* Keep a copy of a packet (of any length; NULL if of 0); how many packets were
 * lost for it: older ones, or itself if the whole pool has no room for it. */
uint32_t staging_put(struct staging *staging, uint32_t peer,
		     const uint8_t *packet, uint32_t length);
/* Copy the oldest packet of a peer to `out` (room for 65535 bytes) and give up
 * its slots; its length, or STAGING_EMPTY. */
int32_t staging_take(struct staging *staging, uint32_t peer, uint8_t *out);
/* Give up all packets of a peer; how many. */
uint32_t staging_purge(struct staging *staging, uint32_t peer);

#endif
