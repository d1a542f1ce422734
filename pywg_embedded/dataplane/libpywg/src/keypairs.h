/* Keypairs in their slots (core/keypair.py), found by local index. */
#ifndef PYWG_KEYPAIRS_H
#define PYWG_KEYPAIRS_H

#include "plane.h"

/* The session number, or NO_SLOT. */
uint32_t sessions_find(const struct plane *plane, uint32_t local_index);
/* The session that may send now, or NULL. */
struct session *sessions_sendable(struct plane *plane, const struct peer *peer);
/* Put a new session into its slot; it is zeroed but for what the caller fills
 * in after, and is found from sessions_register on. */
struct session *sessions_install(struct plane *plane, uint32_t peer,
				 bool initiator, bool keep_next);
void sessions_register(struct plane *plane, struct session *session,
		       uint32_t local_index);
/* If this was the peer's next session, it has become the current one. */
bool sessions_confirm(struct plane *plane, uint32_t peer, uint32_t session);
void sessions_expire(struct plane *plane, uint32_t peer);
void sessions_wipe(struct plane *plane, uint32_t peer);
/* Whether a message with this counter may still be sent or accepted. */
bool sessions_alive(const struct session *session, uint64_t counter,
		    uint64_t now);

static inline uint32_t sessions_peer_of(uint32_t session)
{
	return session / SLOTS_A_PEER;
}

#endif
