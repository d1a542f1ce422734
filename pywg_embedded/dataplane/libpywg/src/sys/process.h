/* Privileges and memory of this process. */
#ifndef PYWG_PROCESS_H
#define PYWG_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/* See pywg_keep_capabilities. */
int process_keep_capabilities(uint64_t kept);
/* See pywg_forbid_dumps. */
int process_forbid_dumps(void);
/* Keep memory out of swap once it is used. Return 0, or a negated errno. */
int process_lock_memory(const void *memory, size_t size);
/* See pywg_trim. */
int process_release_pages(void);

#endif
