/* The allowed-IPs lookup, in fixed cases and against a slow model. */
#include "allowedips.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PEERS 5
#define NONE ALLOWEDIPS_NONE

static struct allowedips *make(uint32_t limit, uint32_t peers)
{
	void *memory = calloc(1, (size_t)allowedips_memory(limit, peers));

	return memory ? allowedips_init(memory, limit) : NULL;
}

static uint32_t parse(const char *text, uint8_t address[16])
{
	if (inet_pton(AF_INET, text, address) == 1)
		return 4;
	return inet_pton(AF_INET6, text, address) == 1 ? 16 : 0;
}

/* Operations on one table with room for four prefixes. */
static const struct {
	enum { INSERT, REMOVE, REMOVE_PEER, LOOKUP, OWNER } verb;
	const char *address;
	uint32_t cidr;
	uint32_t peer; /* or -ENOSPC of INSERT */
	int result;
} rows[] = {
	{LOOKUP, "10.0.0.1", 0, NONE, 0},
	{LOOKUP, "fd00::1", 0, NONE, 0},
	{INSERT, "10.0.0.0", 8, 0, 0},
	{INSERT, "10.1.2.3", 16, 1, 0}, /* host bits are ignored */
	{LOOKUP, "10.1.255.255", 0, 1, 0},
	{LOOKUP, "10.2.0.0", 0, 0, 0},
	{LOOKUP, "11.0.0.0", 0, NONE, 0},
	{OWNER, "10.1.0.0", 16, 1, 0},
	{OWNER, "10.1.0.0", 17, NONE, 0},
	{OWNER, "10.0.0.0", 7, NONE, 0},
	{INSERT, "0.0.0.0", 0, 2, 0},
	{LOOKUP, "11.0.0.0", 0, 2, 0},
	{LOOKUP, "::", 0, NONE, 0}, /* families are separate */
	{INSERT, "fd00::1", 128, 3, 0},
	{LOOKUP, "fd00::1", 0, 3, 0},
	{LOOKUP, "fd00::", 0, NONE, 0},
	{INSERT, "fd00::2", 128, 3, -ENOSPC},
	{LOOKUP, "fd00::2", 0, NONE, 0},
	{INSERT, "10.1.0.0", 16, 4, 0}, /* a move needs no room */
	{LOOKUP, "10.1.0.0", 0, 4, 0},
	{REMOVE, "10.1.0.0", 16, 1, 0}, /* no longer the owner */
	{LOOKUP, "10.1.0.0", 0, 4, 0},
	{REMOVE, "10.1.0.0", 16, 4, 0},
	{LOOKUP, "10.1.0.0", 0, 0, 0},
	{REMOVE, "10.0.0.0", 9, 0, 0}, /* was never inserted */
	{REMOVE_PEER, "", 0, 0, 0},
	{LOOKUP, "10.1.0.0", 0, 2, 0},
	{INSERT, "::", 0, 1, 0},
	{INSERT, "255.255.255.255", 32, 4, 0},
	{INSERT, "255.255.255.254", 32, 4, -ENOSPC},
	{LOOKUP, "255.255.255.255", 0, 4, 0},
	{LOOKUP, "255.255.255.254", 0, 2, 0},
	{LOOKUP, "ffff::", 0, 1, 0},
};

/* The peer whose list has exactly this prefix. */
static uint32_t owner(const struct allowedips *table, const uint8_t *address,
		      uint32_t size, uint32_t cidr)
{
	struct pywg_allowed_ip ip;

	for (uint32_t peer = 0; peer < PEERS; peer++) {
		uint32_t cursor = 0;

		while (allowedips_of_peer(table, peer, &cursor, &ip, 1)) {
			if (ip.size == size && ip.cidr == cidr &&
			    !memcmp(ip.address, address, size))
				return peer;
		}
	}
	return NONE;
}

static bool holds(struct allowedips *table, size_t row)
{
	uint8_t address[16] = {0};
	uint32_t size = parse(rows[row].address, address);
	uint32_t cidr = rows[row].cidr, peer = rows[row].peer;

	switch (rows[row].verb) {
	case INSERT:
		return allowedips_insert(table, address, size, cidr, peer) ==
		       rows[row].result;
	case REMOVE:
		allowedips_remove(table, address, size, cidr, peer);
		return true;
	case REMOVE_PEER:
		allowedips_remove_peer(table, peer);
		return true;
	case LOOKUP:
		return allowedips_lookup(table, address, size) == peer;
	case OWNER:
		return owner(table, address, size, cidr) == peer;
	}
	return false;
}

static void test_operations_give_expected_results(void)
{
	struct allowedips *table = make(4, PEERS);

	for (size_t row = 0; row < ROWS(rows); row++)
		CHECK(row, holds(table, row));
	free(table);
}

/* The slow model: a list, oldest first, that is searched linearly. */

#define LIMIT 12

struct entry {
	struct pywg_allowed_ip ip;
	uint32_t peer;
};

struct model {
	struct entry entries[LIMIT];
	uint32_t count;
};

static bool within(const uint8_t *address, const struct pywg_allowed_ip *ip)
{
	for (uint32_t n = 0; n < ip->cidr; n++)
		if ((address[n / 8] ^ ip->address[n / 8]) >> (7 - n % 8) & 1)
			return false;
	return true;
}

static bool same(const struct pywg_allowed_ip *a,
		 const struct pywg_allowed_ip *b)
{
	return a->size == b->size && a->cidr == b->cidr &&
	       !memcmp(a->address, b->address, sizeof(a->address));
}

static void model_delete(struct model *model, uint32_t at)
{
	model->count--;
	memmove(&model->entries[at], &model->entries[at + 1],
		(model->count - at) * sizeof(*model->entries));
}

static uint32_t model_find(const struct model *model,
			   const struct pywg_allowed_ip *ip)
{
	uint32_t at = 0;

	while (at < model->count && !same(&model->entries[at].ip, ip))
		at++;
	return at;
}

static int model_insert(struct model *model, const struct pywg_allowed_ip *ip,
			uint32_t peer)
{
	uint32_t at = model_find(model, ip);

	if (at < model->count) {
		if (model->entries[at].peer == peer)
			return 0;
		model_delete(model, at);
	}
	if (model->count == LIMIT)
		return -ENOSPC;
	model->entries[model->count++] = (struct entry){*ip, peer};
	return 0;
}

static void model_remove(struct model *model, const struct pywg_allowed_ip *ip,
			 uint32_t peer)
{
	uint32_t at = model_find(model, ip);

	if (at < model->count && model->entries[at].peer == peer)
		model_delete(model, at);
}

static void model_remove_peer(struct model *model, uint32_t peer)
{
	for (uint32_t at = model->count; at-- > 0;)
		if (model->entries[at].peer == peer)
			model_delete(model, at);
}

static uint32_t model_lookup(const struct model *model, const uint8_t *address,
			     uint32_t size)
{
	int longest = -1;
	uint32_t peer = NONE;

	for (uint32_t at = 0; at < model->count; at++) {
		const struct pywg_allowed_ip *ip = &model->entries[at].ip;

		if (ip->size == size && ip->cidr > longest &&
		    within(address, ip)) {
			longest = ip->cidr;
			peer = model->entries[at].peer;
		}
	}
	return peer;
}

static uint32_t model_of_peer(const struct model *model, uint32_t peer,
			      struct pywg_allowed_ip *out)
{
	uint32_t count = 0;

	for (uint8_t size = 4; size <= 16; size = (uint8_t)(size + 12))
		for (uint32_t at = 0; at < model->count; at++)
			if (model->entries[at].peer == peer &&
			    model->entries[at].ip.size == size)
				out[count++] = model->entries[at].ip;
	return count;
}

/* Similar addresses, so that many prefixes contain others. */
static struct pywg_allowed_ip random_ip(uint32_t *seed)
{
	static const uint8_t lengths[] = {0, 1, 7, 8, 9, 31, 32};
	struct pywg_allowed_ip ip = {.size = 4};
	uint32_t bits;

	if (test_random(seed) % 2)
		ip.size = 16;
	bits = 8u * ip.size;
	ip.address[0] = (uint8_t)(test_random(seed) & 0x81);
	ip.address[ip.size - 1] = (uint8_t)(test_random(seed) & 0x83);
	ip.cidr = lengths[test_random(seed) % ROWS(lengths)];
	if (test_random(seed) % 2)
		ip.cidr = (uint8_t)(bits - ip.cidr);
	for (uint32_t n = ip.cidr; n < bits; n++)
		ip.address[n / 8] &= (uint8_t) ~(0x80 >> n % 8);
	return ip;
}

static bool change_both(struct allowedips *table, struct model *model,
			uint32_t *seed)
{
	struct pywg_allowed_ip ip = random_ip(seed);
	uint32_t peer = test_random(seed) % PEERS;

	switch (test_random(seed) % 16) {
	case 0:
		allowedips_remove_peer(table, peer);
		model_remove_peer(model, peer);
		return true;
	case 1:
	case 2:
	case 3:
	case 4:
		allowedips_remove(table, ip.address, ip.size, ip.cidr, peer);
		model_remove(model, &ip, peer);
		return true;
	default:
		return allowedips_insert(table, ip.address, ip.size, ip.cidr,
					 peer) ==
		       model_insert(model, &ip, peer);
	}
}

static bool same_lookups(const struct allowedips *table,
			 const struct model *model, uint32_t *seed)
{
	bool equal = true;

	for (int n = 0; n < 4; n++) {
		struct pywg_allowed_ip ip = random_ip(seed);

		equal &= allowedips_lookup(table, ip.address, ip.size) ==
			 model_lookup(model, ip.address, ip.size);
	}
	return equal;
}

static bool same_lists(const struct allowedips *table,
		       const struct model *model, uint32_t room)
{
	for (uint32_t peer = 0; peer < PEERS; peer++) {
		struct pywg_allowed_ip expected[LIMIT], got[LIMIT];
		uint32_t cursor = 0, count = 0, more;
		uint32_t wanted = model_of_peer(model, peer, expected);

		while ((more = allowedips_of_peer(table, peer, &cursor,
						  got + count, room)))
			count += more;
		if (count != wanted)
			return false;
		for (uint32_t n = 0; n < count; n++)
			if (!same(&expected[n], &got[n]))
				return false;
	}
	return true;
}

static void test_random_tables_match_the_model(void)
{
	for (uint32_t row = 1; row <= 200; row++) {
		struct allowedips *table = make(LIMIT, PEERS);
		struct model model = {.count = 0};
		uint32_t seed = row;
		bool equal = true;

		for (int n = 0; n < 300; n++) {
			equal &= change_both(table, &model, &seed);
			equal &= same_lookups(table, &model, &seed);
			equal &= same_lists(table, &model, 1 + row % 3);
		}
		CHECK(row, equal);
		free(table);
	}
}

#define MANY 130000

static void make_ip(uint32_t index, uint8_t address[4])
{
	uint32_t scattered = htonl(index * 2654435761u);

	memcpy(address, &scattered, 4);
}

static void fill(struct allowedips *table, uint32_t peer)
{
	uint8_t address[4];
	bool taken = true;

	for (uint32_t n = 0; n < MANY; n++) {
		make_ip(n, address);
		taken &= !allowedips_insert(table, address, 4, 32, peer);
	}
	CHECK(peer, taken);
	CHECK(peer, allowedips_insert(table, address, 4, 31, peer) == -ENOSPC);
}

static void read_back(const struct allowedips *table, uint32_t peer)
{
	uint8_t address[4];
	uint32_t cursor = 0, index = 0, count;
	struct pywg_allowed_ip out[100];
	bool equal = true;

	while ((count = allowedips_of_peer(table, peer, &cursor, out,
					   ROWS(out)))) {
		for (uint32_t n = 0; n < count; n++) {
			make_ip(index++, address);
			equal &= !memcmp(out[n].address, address, 4);
			equal &= allowedips_lookup(table, address, 4) == peer;
		}
	}
	CHECK(peer, equal);
	CHECK(peer, index == MANY);
}

/* Twice, so that the second peer reuses the nodes of the first. */
static void test_many_prefixes_are_read_back(void)
{
	struct allowedips *table = make(MANY, 2);

	for (uint32_t peer = 0; peer < 2; peer++) {
		fill(table, peer);
		read_back(table, peer);
		allowedips_remove_peer(table, peer);
	}
	free(table);
}

static void test_walk_continues_after_changes(void)
{
	static const uint8_t ip[3][4] = {{1}, {2}, {3}};
	struct allowedips *table = make(3, 2);
	struct pywg_allowed_ip out;
	uint32_t cursor = 0;

	for (int n = 0; n < 3; n++)
		allowedips_insert(table, ip[n], 4, 8, 0);
	CHECK(0, allowedips_of_peer(table, 0, &cursor, &out, 1) == 1);
	allowedips_remove(table, ip[1], 4, 8, 0);
	CHECK(1, allowedips_of_peer(table, 0, &cursor, &out, 1) == 1);
	CHECK(2, out.address[0] == 3);
	allowedips_insert(table, ip[2], 4, 8, 1);
	CHECK(3, !allowedips_of_peer(table, 0, &cursor, &out, 1));
	cursor = UINT32_MAX;
	CHECK(4, !allowedips_of_peer(table, 0, &cursor, &out, 1));
	free(table);
}

int main(void)
{
	test_operations_give_expected_results();
	test_random_tables_match_the_model();
	test_many_prefixes_are_read_back();
	test_walk_continues_after_changes();
	return test_result();
}
