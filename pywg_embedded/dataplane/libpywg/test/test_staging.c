/* Staged packets: how many are kept, which, and in what order. */
#include "staging.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define PEERS 3
#define SLOTS 8
#define A_PEER 4
#define ONE_SLOT 2024
#define LARGEST 65535

static uint8_t packet[LARGEST], out[LARGEST];

static struct staging *make(uint32_t slots, uint32_t per_peer)
{
	void *memory = calloc(1, (size_t)staging_memory(slots, PEERS));

	return memory ? staging_init(memory, slots, per_peer) : NULL;
}

/* A packet is identified by the value of its bytes. */
static uint32_t put(struct staging *staging, uint32_t peer, uint8_t name,
		    uint32_t length)
{
	memset(packet, name, length);
	return staging_put(staging, peer, packet, length);
}

static bool takes(struct staging *staging, uint32_t peer, uint8_t name,
		  uint32_t length)
{
	bool filled = staging_take(staging, peer, out) == (int32_t)length;

	for (uint32_t n = 0; n < length; n++)
		filled &= out[n] == name;
	return filled;
}

/* Packets named 1, 2, ... in the order of staging, and how many are dropped for
 * each. */
static const struct {
	uint32_t count;
	struct {
		uint32_t peer, length, lost;
	} put[10];
	/* The packets that are left for each peer. */
	uint8_t left[PEERS][5];
} rows[] = {
	/* In order, for each peer */
	{3, {{0, 100, 0}, {1, 100, 0}, {0, 7, 0}}, {{1, 3}, {2}}},
	/* A peer at its limit: its oldest is dropped */
	{7,
	 {{1, 9, 0},
	  {0, 9, 0},
	  {0, 9, 0},
	  {0, 9, 0},
	  {0, 9, 0},
	  {0, 9, 1},
	  {0, 9, 1}},
	 {{4, 5, 6, 7}, {1}}},
	/* A full pool: the oldest of all is dropped */
	{10,
	 {{0, 9, 0},
	  {1, 9, 0},
	  {1, 9, 0},
	  {1, 9, 0},
	  {1, 9, 0},
	  {0, 9, 0},
	  {2, 9, 0},
	  {2, 9, 0},
	  {2, 9, 1},
	  {2, 9, 1}},
	 {{6}, {3, 4, 5}, {7, 8, 9, 10}}},
	/* Packets that just fit a slot, and one byte more */
	{3,
	 {{0, ONE_SLOT, 0}, {0, ONE_SLOT + 1, 0}, {0, 2 * ONE_SLOT, 0}},
	 {{1, 2, 3}}},
	/* A large packet replaces several */
	{6,
	 {{0, 1, 0},
	  {1, 1, 0},
	  {0, 1, 0},
	  {1, 1, 0},
	  {2, 1, 0},
	  {2, 6 * ONE_SLOT, 3}},
	 {{0}, {4}, {5, 6}}},
	/* Small packets replace a large one */
	{3, {{0, 8 * ONE_SLOT, 0}, {1, 1, 1}, {1, 2, 0}}, {{0}, {2, 3}}},
	/* A packet larger than the pool changes nothing */
	{3, {{0, 5, 0}, {0, 8 * ONE_SLOT + 1, 1}, {1, LARGEST, 1}}, {{1}}},
	/* A keepalive is a packet of 0 bytes */
	{2, {{0, 0, 0}, {0, 3, 0}}, {{1, 2}}},
};

static void check_left(size_t row, struct staging *staging)
{
	for (uint32_t peer = 0; peer < PEERS; peer++) {
		const uint8_t *name = rows[row].left[peer];

		CHECK(row, staging_count(staging, peer) ==
				   strlen((const char *)name));
		for (; *name; name++)
			CHECK(row, takes(staging, peer, *name,
					 rows[row].put[*name - 1].length));
		CHECK(row, staging_take(staging, peer, out) == STAGING_EMPTY);
	}
}

static void put_all(size_t row, struct staging *staging)
{
	for (uint32_t n = 0; n < rows[row].count; n++) {
		uint32_t lost = put(staging, rows[row].put[n].peer,
				    (uint8_t)(n + 1), rows[row].put[n].length);

		CHECK(row, lost == rows[row].put[n].lost);
	}
}

static void test_oldest_packets_are_dropped_when_full(void)
{
	for (size_t row = 0; row < ROWS(rows); row++) {
		struct staging *staging = make(SLOTS, A_PEER);

		put_all(row, staging);
		check_left(row, staging);
		free(staging);
	}
}

static void test_null_packet_has_no_bytes(void)
{
	struct staging *staging = make(SLOTS, A_PEER);

	CHECK(0, !staging_put(staging, 0, NULL, 0));
	CHECK(1, staging_take(staging, 0, out) == 0);
	CHECK(2, staging_take(staging, 0, out) == STAGING_EMPTY);
	free(staging);
}

static void test_purged_packets_make_room(void)
{
	struct staging *staging = make(SLOTS, SLOTS);

	for (uint8_t n = 0; n < 4; n++) {
		put(staging, 0, n, ONE_SLOT + 1);
		CHECK(n, staging_count(staging, 0) == n + 1u);
	}
	CHECK(4, staging_purge(staging, 0) == 4);
	CHECK(5, staging_purge(staging, 0) == 0);
	for (uint8_t n = 0; n < SLOTS; n++)
		CHECK(6 + n, put(staging, 1, n, ONE_SLOT) == 0);
	free(staging);
}

/* The slow model: all packets in one list, oldest first. */

struct entry {
	uint32_t peer, length;
	uint8_t name;
};

struct model {
	struct entry entries[SLOTS];
	uint32_t count;
};

static struct entry model_delete(struct model *model, uint32_t at)
{
	struct entry entry = model->entries[at];

	model->count--;
	memmove(&model->entries[at], &model->entries[at + 1],
		(model->count - at) * sizeof(entry));
	return entry;
}

static uint32_t model_first_of(const struct model *model, uint32_t peer)
{
	uint32_t at = 0;

	while (at < model->count && model->entries[at].peer != peer)
		at++;
	return at;
}

static uint32_t model_count(const struct model *model, uint32_t peer)
{
	uint32_t count = 0;

	for (uint32_t at = 0; at < model->count; at++)
		count += model->entries[at].peer == peer;
	return count;
}

static uint32_t slots_for(uint32_t length)
{
	return length <= ONE_SLOT ? 1 : (length + ONE_SLOT - 1) / ONE_SLOT;
}

static uint32_t model_free(const struct model *model)
{
	uint32_t used = 0;

	for (uint32_t at = 0; at < model->count; at++)
		used += slots_for(model->entries[at].length);
	return SLOTS - used;
}

static uint32_t model_put(struct model *model, struct entry entry)
{
	uint32_t lost = 0;

	if (slots_for(entry.length) > SLOTS)
		return 1;
	if (model_count(model, entry.peer) >= A_PEER) {
		model_delete(model, model_first_of(model, entry.peer));
		lost++;
	}
	for (; model_free(model) < slots_for(entry.length); lost++)
		model_delete(model, 0);
	model->entries[model->count++] = entry;
	return lost;
}

static bool same_step(struct staging *staging, struct model *model,
		      uint32_t *seed, uint8_t name)
{
	uint32_t length = test_random(seed) % (test_random(seed) % 20000 + 1);
	uint32_t peer = test_random(seed) % PEERS;
	uint32_t at = model_first_of(model, peer);
	struct entry entry = {peer, length, name};

	if (test_random(seed) % 3)
		return put(staging, peer, name, length) ==
		       model_put(model, entry);
	if (at == model->count)
		return staging_take(staging, peer, out) == STAGING_EMPTY;
	entry = model_delete(model, at);
	return takes(staging, peer, entry.name, entry.length);
}

static void test_random_packets_match_the_model(void)
{
	for (uint32_t row = 1; row <= 50; row++) {
		struct staging *staging = make(SLOTS, A_PEER);
		struct model model = {.count = 0};
		uint32_t seed = row;
		bool same = true;

		for (uint32_t n = 0; n < 500; n++)
			same &= same_step(staging, &model, &seed, (uint8_t)n);
		CHECK(row, same);
		free(staging);
	}
}

int main(void)
{
	test_oldest_packets_are_dropped_when_full();
	test_null_packet_has_no_bytes();
	test_purged_packets_make_room();
	test_random_packets_match_the_model();
	return test_result();
}
