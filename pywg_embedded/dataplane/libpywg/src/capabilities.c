#include "pywg.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void forget_the_rest(const uint32_t keep[2])
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
	forget_the_rest(keep);
	for (at = 0; at < 2; at++) {
		data[at].permitted &= keep[at];
		data[at].effective = data[at].permitted;
		data[at].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}
