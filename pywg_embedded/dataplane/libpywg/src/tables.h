/* The tables of a plane in its arena. */
#ifndef PYWG_TABLES_H
#define PYWG_TABLES_H

#include "rx.h"
#include "sys/arena.h"
#include "tx.h"

#include <stdint.h>

/* Map the tables. Return 0, or a negated errno. */
int tables_open(struct arena *arena, const struct arena_limits *limits);
/* Let the structures point to their tables. */
void tables_assign(const struct arena *arena, const struct arena_limits *limits,
		   struct shared *shared, struct tx *tx, struct rx *rx);
/* The bytes of a table under these limits; 0 for a table that does not exist.
 */
uint64_t tables_size(uint32_t table, const struct arena_limits *limits);
/* The name of a table; NULL for one that does not exist. */
const char *tables_name(uint32_t table);

#endif
