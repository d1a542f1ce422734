#include "sys/arena.h"

#include <errno.h>
#include <sys/mman.h>

#define CACHE_LINE 64

uint64_t arena_table_size(const struct arena_table *table,
			  const struct arena_limits *limits)
{
	uint64_t size = table->size(limits);

	return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

/* The total size, or 0 if this machine cannot address it. */
static size_t arena_lay_out(struct arena *arena,
			    const struct arena_table *tables, size_t count,
			    const struct arena_limits *limits)
{
	uint64_t size = 0;

	for (size_t n = 0; n < count; n++) {
		arena->offset[n] = (size_t)size;
		size += arena_table_size(&tables[n], limits);
		if (size > SIZE_MAX / 2)
			return 0;
	}
	return (size_t)size;
}

int arena_open(struct arena *arena, const struct arena_table *tables,
	       size_t count, const struct arena_limits *limits)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	void *memory;

	if (count > ARENA_MAX_TABLES)
		return -EINVAL;
	arena->size = arena_lay_out(arena, tables, count, limits);
	if (!arena->size)
		return -ENOMEM;
	memory = mmap(NULL, arena->size, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	/* Keys and packets; a kernel without the flag refuses it. */
	(void)madvise(memory, arena->size, MADV_DONTDUMP);
	arena->memory = memory;
	return 0;
}

void arena_close(struct arena *arena)
{
	munmap(arena->memory, arena->size);
	arena->memory = NULL;
}

void *arena_at(const struct arena *arena, size_t table)
{
	return arena->memory + arena->offset[table];
}
