/* Host unreachable, as the sender of a packet that has nowhere to go is told.
 *
 * The answer seems to come from the host that could not be reached: that
 * address routes into the tunnel, so no reverse-path filter objects, and the
 * tunnel may have no address of its own.
 */
#ifndef PYWG_ICMP_H
#define PYWG_ICMP_H

#include "net/ip.h"

#include <stddef.h>
#include <stdint.h>

/* The largest answer: the smallest MTU of IPv6. */
#define ICMP_MAX_SIZE 1280

/* Write the ICMP message for `out`, ICMP_MAX_SIZE bytes; answers its length, or
 * 0 where none must be sent. `size` counts all of `data`. */
size_t icmp_unreachable(uint8_t *out, const uint8_t *data, size_t size,
			const struct packet *packet);

#endif
