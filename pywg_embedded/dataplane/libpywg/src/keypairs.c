#include "keypairs.h"

#include <string.h>

static uint32_t bucket_count(uint32_t peers)
{
	uint32_t count = 4;

	while (count < peers * KEYPAIRS_PER_PEER)
		count *= 2;
	return count;
}

uint64_t keypairs_memory(uint32_t peers)
{
	return (uint64_t)peers * KEYPAIRS_PER_PEER * sizeof(struct keypair) +
	       (uint64_t)peers * sizeof(struct keypair_slots) +
	       (uint64_t)bucket_count(peers) * sizeof(uint32_t);
}

void keypairs_init(struct keypairs *keypairs, void *memory, uint32_t peers)
{
	keypairs->entries = memory;
	keypairs->slots =
		(void *)(keypairs->entries + (size_t)peers * KEYPAIRS_PER_PEER);
	keypairs->buckets = (void *)(keypairs->slots + peers);
	keypairs->bucket_mask = bucket_count(peers) - 1;
}

void keypairs_add_peer(struct keypairs *keypairs, uint32_t peer)
{
	keypairs->slots[peer] =
		(struct keypair_slots){NO_KEYPAIR, NO_KEYPAIR, NO_KEYPAIR};
}

static uint32_t *bucket_of(const struct keypairs *keypairs,
			   uint32_t local_index)
{
	/* Indices are random: their low bits are as good as a hash. */
	return &keypairs->buckets[local_index & keypairs->bucket_mask];
}

uint32_t keypairs_find(const struct keypairs *keypairs, uint32_t local_index)
{
	/* The chains hold keypair id + 1, because zeroed memory is empty. */
	uint32_t at = *bucket_of(keypairs, local_index);

	while (at && keypairs->entries[at - 1].local_index != local_index)
		at = keypairs->entries[at - 1].next_in_bucket;
	return at ? at - 1 : NO_KEYPAIR;
}

static void unregister(struct keypairs *keypairs, uint32_t keypair)
{
	const struct keypair *entry = &keypairs->entries[keypair];
	uint32_t *link = bucket_of(keypairs, entry->local_index);

	while (*link && *link != keypair + 1)
		link = &keypairs->entries[*link - 1].next_in_bucket;
	if (*link)
		*link = entry->next_in_bucket;
}

static void retire(struct keypairs *keypairs, uint32_t *slot)
{
	if (*slot == NO_KEYPAIR)
		return;
	unregister(keypairs, *slot);
	/* The compiler may not optimise this away, as it may a memset. */
	explicit_bzero(&keypairs->entries[*slot], sizeof(struct keypair));
	*slot = NO_KEYPAIR;
}

static uint32_t find_unused(const struct keypairs *keypairs, uint32_t peer)
{
	uint32_t keypair = peer * KEYPAIRS_PER_PEER;

	while (keypairs->entries[keypair].in_use)
		keypair++;
	return keypair;
}

static void vacate_current(struct keypairs *keypairs,
			   struct keypair_slots *slots, bool keep_next)
{
	retire(keypairs, &slots->previous);
	if (slots->next != NO_KEYPAIR && !keep_next) {
		retire(keypairs, &slots->current);
		slots->previous = slots->next;
		slots->next = NO_KEYPAIR;
	} else {
		slots->previous = slots->current;
	}
}

uint32_t keypairs_install(struct keypairs *keypairs, uint32_t peer,
			  bool initiator, bool keep_next)
{
	struct keypair_slots *slots = &keypairs->slots[peer];
	uint32_t *slot = initiator ? &slots->current : &slots->next;

	if (initiator) {
		vacate_current(keypairs, slots, keep_next);
	} else {
		retire(keypairs, &slots->next);
		retire(keypairs, &slots->previous);
	}
	*slot = find_unused(keypairs, peer);
	keypairs->entries[*slot].in_use = true;
	keypairs->entries[*slot].initiator = initiator;
	return *slot;
}

void keypairs_register(struct keypairs *keypairs, uint32_t keypair,
		       uint32_t local_index)
{
	struct keypair *entry = &keypairs->entries[keypair];
	uint32_t *bucket = bucket_of(keypairs, local_index);

	entry->local_index = local_index;
	entry->next_in_bucket = *bucket;
	*bucket = keypair + 1;
}

bool keypairs_confirm(struct keypairs *keypairs, uint32_t peer,
		      uint32_t keypair)
{
	struct keypair_slots *slots = &keypairs->slots[peer];

	if (slots->next != keypair)
		return false;
	retire(keypairs, &slots->previous);
	slots->previous = slots->current;
	slots->current = keypair;
	slots->next = NO_KEYPAIR;
	return true;
}

void keypairs_expire(struct keypairs *keypairs, uint32_t peer)
{
	struct keypair *first = &keypairs->entries[peer * KEYPAIRS_PER_PEER];

	for (int n = 0; n < KEYPAIRS_PER_PEER; n++)
		first[n].expired = first[n].in_use;
}

void keypairs_wipe(struct keypairs *keypairs, uint32_t peer)
{
	struct keypair_slots *slots = &keypairs->slots[peer];

	retire(keypairs, &slots->next);
	retire(keypairs, &slots->current);
	retire(keypairs, &slots->previous);
}
