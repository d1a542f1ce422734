#include "pywg.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

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
static void let_go(const struct dl_phdr_info *program, const ElfW(Phdr) * part)
{
	const uintptr_t within_page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t start = program->dlpi_addr + part->p_vaddr;
	uintptr_t end = (start + part->p_memsz) & ~within_page;

	start &= ~within_page;
	if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && start < end)
		(void)madvise((void *)start, end - start, MADV_DONTNEED);
}

static int let_go_of_each(struct dl_phdr_info *program, size_t size,
			  void *context)
{
	(void)size;
	(void)context;
	for (size_t n = 0; n < program->dlpi_phnum; n++)
		if (is_relocated(program, &program->dlpi_phdr[n]))
			return 0;
	for (size_t n = 0; n < program->dlpi_phnum; n++)
		let_go(program, &program->dlpi_phdr[n]);
	return 0;
}

int pywg_trim(void)
{
	return dl_iterate_phdr(let_go_of_each, NULL);
}
