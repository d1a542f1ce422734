/* ICMP host unreachable, in answer to a packet that cannot be sent.
 *
 * Its source is the address that cannot be reached: that is routed into the
 * tunnel, so that it passes reverse-path filters, and the tunnel may have no
 * address of its own.
 */
#ifndef PYWG_ICMP_H
#define PYWG_ICMP_H

#include "net/ip.h"

#include <stddef.h>
#include <stdint.h>

/* The largest message: the minimum MTU of IPv6. */
#define ICMP_MAX_SIZE 1280

/* Write the message to `out` (ICMP_MAX_SIZE bytes). Return its length, or 0 if
 * none may be sent. `size` counts all of `data`. */
size_t icmp_unreachable(uint8_t *out, const uint8_t *data, size_t size,
			const struct packet *packet);

#endif
