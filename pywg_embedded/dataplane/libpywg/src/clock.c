#include "clock.h"
#include "plane.h"

#include <time.h>

uint64_t clock_read(struct plane *plane)
{
	struct timespec time;

	if (plane->stopped_clock) {
		plane->now = plane->stopped_clock;
		return plane->now;
	}
	clock_gettime(CLOCK_BOOTTIME, &time);
	plane->now =
		(uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
	return plane->now;
}
