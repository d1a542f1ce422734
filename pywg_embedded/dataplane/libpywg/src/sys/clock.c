#include "sys/clock.h"

#include <errno.h>
#include <sys/timex.h>
#include <time.h>

uint64_t clock_read(uint64_t stopped)
{
	struct timespec time;

	if (stopped)
		return stopped;
	clock_gettime(CLOCK_BOOTTIME, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

int clock_is_synchronized(void)
{
	struct timex state = {.modes = 0};

	if (adjtimex(&state) < 0)
		return -errno;
	return !(state.status & STA_UNSYNC);
}
