/* Keypairs in their slots (core/keypair.py), found by local index. */
#ifndef PYWG_KEYPAIRS_H
#define PYWG_KEYPAIRS_H

#include "plane.h"

/* The keypair number, or NO_KEYPAIR. */
uint32_t keypairs_find(const struct plane *plane, uint32_t local_index);
/* The keypair that may send now, or NULL. */
struct keypair *keypairs_sending(struct plane *plane, const struct peer *peer);
/* Put a new keypair into its slot; it is zeroed but for what the caller fills
 * in after, and is found from keypairs_register on. */
struct keypair *keypairs_install(struct plane *plane, uint32_t peer,
				 bool initiator, bool keep_next);
void keypairs_register(struct plane *plane, struct keypair *keypair,
		       uint32_t local_index);
/* If this was the peer's next keypair, it has become the current one. */
bool keypairs_confirm(struct plane *plane, uint32_t peer, uint32_t keypair);
void keypairs_expire(struct plane *plane, uint32_t peer);
void keypairs_wipe(struct plane *plane, uint32_t peer);
/* Whether a message with this counter may still be sent or accepted. */
bool keypair_is_valid(const struct keypair *keypair, uint64_t counter,
		      uint64_t now);

static inline uint32_t keypair_peer(uint32_t keypair)
{
	return keypair / KEYPAIRS_PER_PEER;
}

#endif
