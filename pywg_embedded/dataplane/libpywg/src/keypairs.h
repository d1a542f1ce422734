/* The keypairs of all peers, found by their local index (core/keypair.py).
 *
 * A keypair id is below KEYPAIRS_PER_PEER times the number of peers. */
#ifndef PYWG_KEYPAIRS_H
#define PYWG_KEYPAIRS_H

#include "wireguard.h"

#include <stdbool.h>
#include <stdint.h>

#define KEYPAIRS_PER_PEER 3
#define NO_KEYPAIR UINT32_MAX

struct keypair {
	uint64_t created_at;
	uint32_t local_index;
	uint32_t remote_index;
	uint32_t next_in_bucket; /* keypair id + 1 */
	bool in_use;
	bool initiator;
	/* Our static key has changed since: receive only. */
	bool expired;
	uint8_t send_key[KEY_SIZE];
	uint8_t receive_key[KEY_SIZE];
};

/* The keypair ids of one peer, or NO_KEYPAIR; core/keypair.py tells how they
 * move. */
struct keypair_slots {
	uint32_t next;
	uint32_t current;
	uint32_t previous;
};

struct keypairs {
	struct keypair *entries;
	struct keypair_slots *slots; /* of each peer */
	uint32_t *buckets;
	uint32_t bucket_mask;
};

/* Bytes for the keypairs of peers 0 to `peers` - 1. */
uint64_t keypairs_memory(uint32_t peers);
/* Use zeroed memory, aligned to 8 bytes. */
void keypairs_init(struct keypairs *keypairs, void *memory, uint32_t peers);
/* Empty the slots of a peer that has no keypair. */
void keypairs_add_peer(struct keypairs *keypairs, uint32_t peer);

/* The keypair id of a local index, or NO_KEYPAIR. */
uint32_t keypairs_find(const struct keypairs *keypairs, uint32_t local_index);
/* Put a new keypair into its slot and return its id. It is zeroed but for
 * in_use and initiator, and found only once keypairs_register was called. */
uint32_t keypairs_install(struct keypairs *keypairs, uint32_t peer,
			  bool initiator, bool keep_next);
void keypairs_register(struct keypairs *keypairs, uint32_t keypair,
		       uint32_t local_index);
/* Move the peer's next keypair to its current slot; false if the next keypair
 * is not this one. */
bool keypairs_confirm(struct keypairs *keypairs, uint32_t peer,
		      uint32_t keypair);
/* Let the keypairs of a peer only receive from now on. */
void keypairs_expire(struct keypairs *keypairs, uint32_t peer);
/* Overwrite all keypairs of a peer. */
void keypairs_wipe(struct keypairs *keypairs, uint32_t peer);

/* Whether a packet with this counter may still be sent or accepted (paper
 * 6.2). */
static inline bool keypair_is_valid(const struct keypair *keypair,
				    uint64_t counter, uint64_t now)
{
	return now - keypair->created_at < REJECT_AFTER_TIME &&
	       counter < REJECT_AFTER_MESSAGES;
}

static inline uint32_t keypair_peer(uint32_t keypair)
{
	return keypair / KEYPAIRS_PER_PEER;
}

#endif
