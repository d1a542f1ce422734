/* Privileges and memory of this process. */
#ifndef PYWG_PROCESS_H
#define PYWG_PROCESS_H

#include <stdint.h>

/* See pywg_keep_capabilities. */
int process_keep_capabilities(uint64_t kept);
/* See pywg_trim. */
int process_release_pages(void);

#endif
