#include "keypairs.h"

#include <string.h>

static uint32_t *bucket_of(const struct plane *plane, uint32_t local_index)
{
	/* Indices are random: their low bits are as good as a hash. */
	return &plane->buckets[local_index & plane->bucket_mask];
}

uint32_t keypairs_find(const struct plane *plane, uint32_t local_index)
{
	/* Numbers in the chains are one too high, for zeroed memory is empty.
	 */
	uint32_t at = *bucket_of(plane, local_index);

	while (at && plane->keypairs[at - 1].local_index != local_index)
		at = plane->keypairs[at - 1].next_in_bucket;
	return at ? at - 1 : NO_KEYPAIR;
}

static void unlink_keypair(struct plane *plane, uint32_t number)
{
	struct keypair *keypair = &plane->keypairs[number];
	uint32_t *link = bucket_of(plane, keypair->local_index);

	while (*link && *link != number + 1)
		link = &plane->keypairs[*link - 1].next_in_bucket;
	if (*link)
		*link = keypair->next_in_bucket;
}

static void retire(struct plane *plane, uint32_t number)
{
	if (number == NO_KEYPAIR)
		return;
	unlink_keypair(plane, number);
	/* The compiler must not take the wiping for useless. */
	explicit_bzero(&plane->keypairs[number], sizeof(struct keypair));
	aead_forget(&plane->aead);
}

static void retire_slot(struct plane *plane, uint32_t *slot)
{
	retire(plane, *slot);
	*slot = NO_KEYPAIR;
}

static uint32_t unused_keypair(const struct plane *plane, uint32_t peer)
{
	uint32_t number = peer * KEYPAIRS_PER_PEER;

	while (plane->keypairs[number].in_use)
		number++;
	return number;
}

static void make_room_for_initiated(struct plane *plane, struct peer *peer,
				    bool keep_next)
{
	retire_slot(plane, &peer->previous);
	if (peer->next != NO_KEYPAIR && !keep_next) {
		retire_slot(plane, &peer->current);
		peer->previous = peer->next;
		peer->next = NO_KEYPAIR;
	} else {
		peer->previous = peer->current;
	}
}

struct keypair *keypairs_install(struct plane *plane, uint32_t number,
				 bool initiator, bool keep_next)
{
	struct peer *peer = &plane->peers[number];
	uint32_t *slot = initiator ? &peer->current : &peer->next;
	struct keypair *keypair;

	if (initiator) {
		make_room_for_initiated(plane, peer, keep_next);
	} else {
		retire_slot(plane, &peer->next);
		retire_slot(plane, &peer->previous);
	}
	*slot = unused_keypair(plane, number);
	keypair = &plane->keypairs[*slot];
	keypair->in_use = true;
	keypair->initiator = initiator;
	return keypair;
}

void keypairs_register(struct plane *plane, struct keypair *keypair,
		       uint32_t local_index)
{
	uint32_t *bucket = bucket_of(plane, local_index);

	keypair->local_index = local_index;
	keypair->next_in_bucket = *bucket;
	*bucket = (uint32_t)(keypair - plane->keypairs) + 1;
}

bool keypairs_confirm(struct plane *plane, uint32_t number, uint32_t keypair)
{
	struct peer *peer = &plane->peers[number];

	if (peer->next != keypair)
		return false;
	retire(plane, peer->previous);
	peer->previous = peer->current;
	peer->current = keypair;
	peer->next = NO_KEYPAIR;
	return true;
}

void keypairs_expire(struct plane *plane, uint32_t peer)
{
	struct keypair *first = &plane->keypairs[peer * KEYPAIRS_PER_PEER];

	for (int n = 0; n < KEYPAIRS_PER_PEER; n++)
		first[n].expired = first[n].in_use;
}

void keypairs_wipe(struct plane *plane, uint32_t number)
{
	struct peer *peer = &plane->peers[number];

	retire_slot(plane, &peer->next);
	retire_slot(plane, &peer->current);
	retire_slot(plane, &peer->previous);
	/* No keypair is left that an answer could come in. */
	peer->facts.data_sent_since = 0;
	peer->facts.data_received_since = 0;
}

bool keypair_is_valid(const struct keypair *keypair, uint64_t counter,
		      uint64_t now)
{
	return now - keypair->created_at < REJECT_AFTER_TIME &&
	       counter < REJECT_AFTER_MESSAGES;
}

struct keypair *keypairs_sending(struct plane *plane, const struct peer *peer)
{
	struct keypair *keypair;

	if (peer->current == NO_KEYPAIR)
		return NULL;
	keypair = &plane->keypairs[peer->current];
	if (keypair->expired ||
	    !keypair_is_valid(keypair, keypair->send_counter, plane->tx.now))
		return NULL;
	return keypair;
}
