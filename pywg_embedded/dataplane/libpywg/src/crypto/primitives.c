#include "crypto/primitives.h"

#include <errno.h>
#include <sys/random.h>

bool primitives_random(uint8_t *out, size_t size)
{
	size_t at = 0;

	while (at < size) {
		const ssize_t got = getrandom(out + at, size - at, 0);

		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0)
			at += (size_t)got;
	}
	return true;
}
