#include "sys/clock.h"
#include "plane.h"

#include <time.h>

uint64_t clock_read(struct direction *direction)
{
	const uint64_t stopped = direction->plane->stopped_clock;
	struct timespec time;

	if (stopped) {
		direction->now = stopped;
		return stopped;
	}
	clock_gettime(CLOCK_BOOTTIME, &time);
	direction->now =
		(uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
	return direction->now;
}
