/* The allowed-IPs lookup: the longest prefix match over all peers (paper 2).
 *
 * Addresses are 4 or 16 bytes (`size`) in network order. A prefix belongs to
 * one peer at a time.
 */
#ifndef PYWG_ALLOWEDIPS_H
#define PYWG_ALLOWEDIPS_H

#include "pywg.h"

#include <stddef.h>
#include <stdint.h>

#define ALLOWEDIPS_NONE PYWG_NO_PEER

struct allowedips;

/* Return the bytes for at most `limit` prefixes of peers 0 to `peers` - 1. */
uint64_t allowedips_memory(uint32_t limit, uint32_t peers);
/* Return a table in zeroed memory, aligned to 8 bytes. */
struct allowedips *allowedips_init(void *memory, uint32_t limit);

/* Move a prefix to a peer, from whichever peer has it. Return 0, or -ENOSPC if
 * the table is full. */
int allowedips_insert(struct allowedips *table, const uint8_t *address,
		      uint32_t size, uint32_t cidr, uint32_t peer);
/* Remove a prefix from a peer, if it has it. */
void allowedips_remove(struct allowedips *table, const uint8_t *address,
		       uint32_t size, uint32_t cidr, uint32_t peer);
void allowedips_remove_peer(struct allowedips *table, uint32_t peer);

/* Return the peer of an address, or ALLOWEDIPS_NONE. */
uint32_t allowedips_lookup(const struct allowedips *table,
			   const uint8_t *address, uint32_t size);

/* Return the peer that has exactly this prefix, or ALLOWEDIPS_NONE. */
uint32_t allowedips_owner(const struct allowedips *table,
			  const uint8_t *address, uint32_t size, uint32_t cidr);
uint32_t allowedips_count(const struct allowedips *table);

/* Write up to `room` prefixes of a peer behind `*cursor` (0: from the first),
 * IPv4 first, then in the order of insertion. Return how many; 0 at the end, or
 * if the peer has lost the prefix that was written last. */
uint32_t allowedips_of_peer(const struct allowedips *table, uint32_t peer,
			    uint32_t *cursor, struct pywg_allowed_ip *out,
			    uint32_t room);

#endif
