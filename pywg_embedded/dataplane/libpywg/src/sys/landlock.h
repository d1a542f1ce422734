/* What this process may do to files, by landlock(7). */
#ifndef PYWG_LANDLOCK_H
#define PYWG_LANDLOCK_H

#include <stddef.h>

/* See pywg_restrict_writes. */
int landlock_restrict_writes(const char *paths, size_t size);

#endif
