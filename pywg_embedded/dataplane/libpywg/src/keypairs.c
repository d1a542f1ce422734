#include "keypairs.h"

#include <string.h>

static uint32_t *bucket_of(const struct plane *plane, uint32_t local_index)
{
	/* Indices are random: their low bits are as good as a hash. */
	return &plane->buckets[local_index & plane->bucket_mask];
}

uint32_t sessions_find(const struct plane *plane, uint32_t local_index)
{
	/* Numbers in the chains are one too high, for zeroed memory is empty.
	 */
	uint32_t at = *bucket_of(plane, local_index);

	while (at && plane->sessions[at - 1].local_index != local_index)
		at = plane->sessions[at - 1].next_in_bucket;
	return at ? at - 1 : NO_SLOT;
}

static void unlink_session(struct plane *plane, uint32_t number)
{
	struct session *session = &plane->sessions[number];
	uint32_t *link = bucket_of(plane, session->local_index);

	while (*link && *link != number + 1)
		link = &plane->sessions[*link - 1].next_in_bucket;
	if (*link)
		*link = session->next_in_bucket;
}

static void retire(struct plane *plane, uint32_t number)
{
	if (number == NO_SLOT)
		return;
	unlink_session(plane, number);
	/* The compiler must not take the wiping for useless. */
	explicit_bzero(&plane->sessions[number], sizeof(struct session));
	aead_forget(&plane->aead);
}

static void retire_slot(struct plane *plane, uint32_t *slot)
{
	retire(plane, *slot);
	*slot = NO_SLOT;
}

static uint32_t free_session(const struct plane *plane, uint32_t peer)
{
	uint32_t number = peer * SLOTS_A_PEER;

	while (plane->sessions[number].live)
		number++;
	return number;
}

static void make_room_for_initiated(struct plane *plane, struct peer *peer,
				    bool keep_next)
{
	retire_slot(plane, &peer->previous);
	if (peer->next != NO_SLOT && !keep_next) {
		retire_slot(plane, &peer->current);
		peer->previous = peer->next;
		peer->next = NO_SLOT;
	} else {
		peer->previous = peer->current;
	}
}

struct session *sessions_install(struct plane *plane, uint32_t number,
				 bool initiator, bool keep_next)
{
	struct peer *peer = &plane->peers[number];
	uint32_t *slot = initiator ? &peer->current : &peer->next;
	struct session *session;

	if (initiator) {
		make_room_for_initiated(plane, peer, keep_next);
	} else {
		retire_slot(plane, &peer->next);
		retire_slot(plane, &peer->previous);
	}
	*slot = free_session(plane, number);
	session = &plane->sessions[*slot];
	session->live = true;
	session->initiator = initiator;
	return session;
}

void sessions_register(struct plane *plane, struct session *session,
		       uint32_t local_index)
{
	uint32_t *bucket = bucket_of(plane, local_index);

	session->local_index = local_index;
	session->next_in_bucket = *bucket;
	*bucket = (uint32_t)(session - plane->sessions) + 1;
}

bool sessions_confirm(struct plane *plane, uint32_t number, uint32_t session)
{
	struct peer *peer = &plane->peers[number];

	if (peer->next != session)
		return false;
	retire(plane, peer->previous);
	peer->previous = peer->current;
	peer->current = session;
	peer->next = NO_SLOT;
	return true;
}

void sessions_expire(struct plane *plane, uint32_t peer)
{
	struct session *first = &plane->sessions[peer * SLOTS_A_PEER];

	for (int n = 0; n < SLOTS_A_PEER; n++)
		first[n].expired = first[n].live;
}

void sessions_wipe(struct plane *plane, uint32_t number)
{
	struct peer *peer = &plane->peers[number];

	retire_slot(plane, &peer->next);
	retire_slot(plane, &peer->current);
	retire_slot(plane, &peer->previous);
	/* No session is left that an answer could come in. */
	peer->facts.data_sent_since = 0;
	peer->facts.data_received_since = 0;
}

bool sessions_alive(const struct session *session, uint64_t counter,
		    uint64_t now)
{
	return now - session->created_at < REJECT_AFTER_TIME &&
	       counter < REJECT_AFTER_MESSAGES;
}

struct session *sessions_sendable(struct plane *plane, const struct peer *peer)
{
	struct session *session;

	if (peer->current == NO_SLOT)
		return NULL;
	session = &plane->sessions[peer->current];
	if (session->expired ||
	    !sessions_alive(session, session->send_counter, plane->sending.now))
		return NULL;
	return session;
}
