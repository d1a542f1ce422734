#include "pywg.h"

#include <errno.h>
#include <link.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void drop_privileges(const uint32_t keep[2])
{
	unsigned long number;

	/* Each may fail: for want of CAP_SETPCAP, or at the kernel's last one.
	 */
	for (number = 0; number < 64; number++)
		if (!(keep[number / 32] >> number % 32 & 1))
			(void)prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int pywg_keep_capabilities(uint32_t low, uint32_t high)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3,
						  0};
	struct __user_cap_data_struct data[2];
	const uint32_t keep[2] = {low, high};
	size_t at;

	if (syscall(SYS_capget, &header, data))
		return -errno;
	drop_privileges(keep);
	for (at = 0; at < 2; at++) {
		data[at].permitted &= keep[at];
		data[at].effective = data[at].permitted;
		data[at].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* Code that was relocated in place is no more what the file has. */
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

/* Only what nothing may write to is the same when it is read again: also what
 * is protected after it was written to lies in a part that is writable. */
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

int pywg_trim(void)
{
	return dl_iterate_phdr(release_program, NULL);
}
