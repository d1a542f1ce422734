#include "sys/process.h"

#include <errno.h>
#include <link.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

/* Capabilities above the kernel's last, and all without CAP_SETPCAP, fail. */
static void drop_bounding_set(void)
{
	for (unsigned long capability = 0; capability < 64; capability++)
		(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

int process_keep_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3,
						  0};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	drop_bounding_set();
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (size_t half = 0; half < 2; half++) {
		data[half].permitted &= (uint32_t)(kept >> 32 * half);
		data[half].effective = data[half].permitted;
		data[half].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

int process_forbid_dumps(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none))
		return -errno;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? -errno : 0;
}

int process_lock_memory(const void *memory, size_t size)
{
	/* Unused pages stay unused. */
	return syscall(SYS_mlock2, memory, size, MLOCK_ONFAULT) ? -errno : 0;
}

/* Whether code was relocated in place: its pages differ from the file. */
static bool is_relocated(const struct dl_phdr_info *program,
			 const ElfW(Phdr) * part)
{
	const ElfW(Dyn) *entry =
		(const void *)(program->dlpi_addr + part->p_vaddr);

	if (part->p_type != PT_DYNAMIC)
		return false;
	for (; entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_TEXTREL ||
		    (entry->d_tag == DT_FLAGS &&
		     entry->d_un.d_val & DF_TEXTREL))
			return true;
	return false;
}

/* Only pages of read-only segments are the same when read again: RELRO pages,
 * which are protected after relocation, lie in a writable segment. */
static void release_segment(const struct dl_phdr_info *program,
			    const ElfW(Phdr) * part)
{
	const uintptr_t within_page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t start = program->dlpi_addr + part->p_vaddr;
	uintptr_t end = (start + part->p_memsz) & ~within_page;

	start &= ~within_page;
	if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && start < end)
		(void)madvise((void *)start, end - start, MADV_DONTNEED);
}

static int release_program(struct dl_phdr_info *program, size_t size,
			   void *context)
{
	(void)size;
	(void)context;
	for (size_t n = 0; n < program->dlpi_phnum; n++)
		if (is_relocated(program, &program->dlpi_phdr[n]))
			return 0;
	for (size_t n = 0; n < program->dlpi_phnum; n++)
		release_segment(program, &program->dlpi_phdr[n]);
	return 0;
}

int process_release_pages(void)
{
	return dl_iterate_phdr(release_program, NULL);
}
