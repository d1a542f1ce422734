#include "allowedips.h"
#include "net/prefix.h"

#include <errno.h>
#include <stdbool.h>

/* A path-compressed binary trie: a node without a peer has two children, so
 * that n prefixes need less than 2n nodes. Node 0 is the null node: it is in no
 * trie and no list, and what is written to it is never read. */
struct node {
	struct prefix bits;
	uint32_t child[2];
	uint32_t parent;
	uint32_t peer;
	/* The peer's list; `previous` of its first node is the last one. `next`
	 * also links free nodes. */
	uint32_t next;
	uint32_t previous;
	uint8_t cidr;
	uint8_t family;
};

enum { V4, V6, FAMILIES };

struct allowedips {
	uint32_t limit;
	uint32_t count;
	uint32_t used; /* nodes ever used */
	uint32_t free;
	uint32_t root[FAMILIES];
	uint32_t (*first)[FAMILIES]; /* of each peer's list */
	struct node nodes[];
};

static uint64_t allowedips_node_count(uint32_t limit)
{
	return 2 * (uint64_t)limit + 1;
}

uint64_t allowedips_memory(uint32_t limit, uint32_t peers)
{
	return sizeof(struct allowedips) +
	       allowedips_node_count(limit) * sizeof(struct node) +
	       (uint64_t)peers * FAMILIES * sizeof(uint32_t);
}

struct allowedips *allowedips_init(void *memory, uint32_t limit)
{
	struct allowedips *table = memory;

	table->limit = limit;
	table->first = (void *)(table->nodes + allowedips_node_count(limit));
	return table;
}

static uint8_t allowedips_family(uint32_t size)
{
	return size == 4 ? V4 : V6;
}

/* Nodes. */

static uint32_t allowedips_alloc_node(struct allowedips *table, uint8_t family,
				      struct prefix bits, uint32_t cidr)
{
	uint32_t at = table->free;

	if (at)
		table->free = table->nodes[at].next;
	else
		at = ++table->used;
	table->nodes[at] = (struct node){.bits = prefix_cut(bits, cidr),
					 .peer = ALLOWEDIPS_NONE,
					 .cidr = (uint8_t)cidr,
					 .family = family};
	return at;
}

static void allowedips_free_node(struct allowedips *table, uint32_t at)
{
	table->nodes[at].next = table->free;
	table->free = at;
}

static bool allowedips_contains(const struct node *node, struct prefix bits)
{
	return prefix_common(node->bits, bits) >= node->cidr;
}

/* The link, in the parent or the root, to the child that leads to these bits.
 */
static uint32_t *allowedips_link(struct allowedips *table, uint8_t family,
				 uint32_t parent, struct prefix bits)
{
	struct node *node = &table->nodes[parent];

	if (!parent)
		return &table->root[family];
	return &node->child[prefix_bit(bits, node->cidr)];
}

static void allowedips_set_child(struct allowedips *table, uint32_t parent,
				 uint32_t at)
{
	struct node *node = &table->nodes[at];

	node->parent = parent;
	*allowedips_link(table, node->family, parent, node->bits) = at;
}

/* The node of the longest prefix that contains this one, or 0. */
static uint32_t allowedips_find_longest(const struct allowedips *table,
					uint8_t family, struct prefix bits,
					uint32_t cidr)
{
	uint32_t found = 0;
	uint32_t at = table->root[family];

	while (at) {
		const struct node *node = &table->nodes[at];

		if (node->cidr > cidr || !allowedips_contains(node, bits))
			break;
		found = at;
		at = node->child[prefix_bit(bits, node->cidr)];
	}
	return found;
}

static uint32_t allowedips_find_exact(const struct allowedips *table,
				      const uint8_t *address, uint32_t size,
				      uint32_t cidr)
{
	uint32_t at = allowedips_find_longest(table, allowedips_family(size),
					      prefix_load(address, size), cidr);

	return at && table->nodes[at].cidr == cidr ? at : 0;
}

/* Insert a node for this prefix below `parent`, the result of
 * allowedips_find_longest. */
static uint32_t allowedips_insert_node(struct allowedips *table, uint8_t family,
				       uint32_t parent, struct prefix bits,
				       uint32_t cidr)
{
	uint32_t at = allowedips_alloc_node(table, family, bits, cidr);
	uint32_t child = *allowedips_link(table, family, parent, bits);
	uint32_t common;

	if (!child) {
		allowedips_set_child(table, parent, at);
		return at;
	}
	common = prefix_common(bits, table->nodes[child].bits);
	if (common < cidr) {
		uint32_t branch =
			allowedips_alloc_node(table, family, bits, common);

		allowedips_set_child(table, parent, branch);
		allowedips_set_child(table, branch, at);
		allowedips_set_child(table, branch, child);
	} else {
		allowedips_set_child(table, parent, at);
		allowedips_set_child(table, at, child);
	}
	return at;
}

/* Remove nodes that neither belong to a peer nor have two children. */
static void allowedips_prune(struct allowedips *table, uint32_t at)
{
	while (at) {
		struct node *node = &table->nodes[at];
		uint32_t parent = node->parent;
		uint32_t remaining =
			node->child[0] ? node->child[0] : node->child[1];

		if (node->peer != ALLOWEDIPS_NONE ||
		    (node->child[0] && node->child[1]))
			return;
		*allowedips_link(table, node->family, parent, node->bits) =
			remaining;
		table->nodes[remaining].parent = parent;
		allowedips_free_node(table, at);
		at = remaining ? 0 : parent;
	}
}

/* Lists of peers. */

static void allowedips_list_add(struct allowedips *table, uint32_t at,
				uint32_t peer)
{
	struct node *node = &table->nodes[at];
	uint32_t *first = &table->first[peer][node->family];

	node->peer = peer;
	node->next = 0;
	node->previous = at;
	if (*first) {
		node->previous = table->nodes[*first].previous;
		table->nodes[node->previous].next = at;
		table->nodes[*first].previous = at;
	} else {
		*first = at;
	}
	table->count++;
}

static void allowedips_list_remove(struct allowedips *table, uint32_t at)
{
	struct node *node = &table->nodes[at];
	uint32_t *first = &table->first[node->peer][node->family];

	if (*first == at)
		*first = node->next;
	else
		table->nodes[node->previous].next = node->next;
	table->nodes[node->next ? node->next : *first].previous =
		node->previous;
	node->peer = ALLOWEDIPS_NONE;
	table->count--;
}

static uint32_t allowedips_next_of_peer(const struct allowedips *table,
					uint32_t peer, uint32_t cursor)
{
	const uint32_t *first = table->first[peer];
	const struct node *node;

	if (!cursor)
		return first[V4] ? first[V4] : first[V6];
	if (cursor > table->used)
		return 0;
	node = &table->nodes[cursor];
	if (node->peer != peer)
		return 0;
	return node->next || node->family == V6 ? node->next : first[V6];
}

/* The interface. */

int allowedips_insert(struct allowedips *table, const uint8_t *address,
		      uint32_t size, uint32_t cidr, uint32_t peer)
{
	struct prefix bits = prefix_load(address, size);
	uint8_t family = allowedips_family(size);
	uint32_t at = allowedips_find_longest(table, family, bits, cidr);
	bool present = at && table->nodes[at].cidr == cidr;
	bool owned = present && table->nodes[at].peer != ALLOWEDIPS_NONE;

	if (owned && table->nodes[at].peer == peer)
		return 0;
	if (!owned && table->count >= table->limit)
		return -ENOSPC;
	if (!present)
		at = allowedips_insert_node(table, family, at, bits, cidr);
	if (owned)
		allowedips_list_remove(table, at);
	allowedips_list_add(table, at, peer);
	return 0;
}

void allowedips_remove(struct allowedips *table, const uint8_t *address,
		       uint32_t size, uint32_t cidr, uint32_t peer)
{
	uint32_t at = allowedips_find_exact(table, address, size, cidr);

	if (!at || table->nodes[at].peer != peer)
		return;
	allowedips_list_remove(table, at);
	allowedips_prune(table, at);
}

void allowedips_remove_peer(struct allowedips *table, uint32_t peer)
{
	uint32_t at;

	while ((at = allowedips_next_of_peer(table, peer, 0))) {
		allowedips_list_remove(table, at);
		allowedips_prune(table, at);
	}
}

uint32_t allowedips_lookup(const struct allowedips *table,
			   const uint8_t *address, uint32_t size)
{
	struct prefix bits = prefix_load(address, size);
	uint32_t at = table->root[allowedips_family(size)];
	uint32_t peer = ALLOWEDIPS_NONE;

	while (at) {
		const struct node *node = &table->nodes[at];

		if (!allowedips_contains(node, bits))
			break;
		if (node->peer != ALLOWEDIPS_NONE)
			peer = node->peer;
		at = node->child[prefix_bit(bits, node->cidr)];
	}
	return peer;
}

uint32_t allowedips_owner(const struct allowedips *table,
			  const uint8_t *address, uint32_t size, uint32_t cidr)
{
	uint32_t at = allowedips_find_exact(table, address, size, cidr);

	return at ? table->nodes[at].peer : ALLOWEDIPS_NONE;
}

uint32_t allowedips_count(const struct allowedips *table)
{
	return table->count;
}

uint32_t allowedips_of_peer(const struct allowedips *table, uint32_t peer,
			    uint32_t *cursor, struct pywg_allowed_ip *out,
			    uint32_t room)
{
	uint32_t count = 0;
	uint32_t at = allowedips_next_of_peer(table, peer, *cursor);

	for (; at && count < room; count++) {
		const struct node *node = &table->nodes[at];
		struct pywg_allowed_ip *ip = &out[count];

		*ip = (struct pywg_allowed_ip){.cidr = node->cidr};
		ip->size = node->family == V4 ? 4 : 16;
		prefix_store(ip->address, node->bits);
		*cursor = at;
		at = allowedips_next_of_peer(table, peer, at);
	}
	return count;
}
