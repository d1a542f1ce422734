#include "wakeup.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int wakeup_open(void)
{
	const int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	return descriptor < 0 ? -errno : descriptor;
}

void wakeup_signal(int descriptor)
{
	const uint64_t increment = 1;

	/* A counter at its maximum is readable already. */
	(void)!write(descriptor, &increment, sizeof(increment));
}

void wakeup_drain(int descriptor)
{
	uint64_t count;

	(void)!read(descriptor, &count, sizeof(count));
}
