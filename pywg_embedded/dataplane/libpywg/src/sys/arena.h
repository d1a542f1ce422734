/* All memory of a plane: one mapping, divided into tables whose sizes follow
 * from the limits. It is zeroed, and only pages that are used take memory. */
#ifndef PYWG_ARENA_H
#define PYWG_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_MAX_TABLES 16

struct arena_limits {
	uint32_t peers;
	uint32_t allowed_ips;
	uint32_t staged;
	uint32_t staged_per_peer;
};

struct arena_table {
	const char *name;
	uint64_t (*size)(const struct arena_limits *limits);
};

struct arena {
	uint8_t *memory;
	size_t size;
	size_t offset[ARENA_MAX_TABLES];
};

/* Return the bytes that a table takes in the arena, alignment included. */
uint64_t arena_table_size(const struct arena_table *table,
			  const struct arena_limits *limits);

/* Map `count` tables, each aligned to a cache line. Return 0, or a negated
 * errno. */
int arena_open(struct arena *arena, const struct arena_table *tables,
	       size_t count, const struct arena_limits *limits);
/* Unmap the memory. Secrets in it must have been overwritten. */
void arena_close(struct arena *arena);
void *arena_at(const struct arena *arena, size_t table);

#endif
