/* ICMP host unreachable, in answer to a packet that cannot be sent.
 *
 * An IPv4 message has its IP header; a source address of zero is one that the
 * kernel replaces. An IPv6 message has none, and no checksum: the kernel adds
 * both.
 */
#ifndef PYWG_ICMP_H
#define PYWG_ICMP_H

#include "net/ip.h"

#include <stddef.h>
#include <stdint.h>

/* The largest message: the minimum MTU of IPv6. */
#define ICMP_MAX_SIZE 1280

/* Write the message to `out` (ICMP_MAX_SIZE bytes), for IPv4 from the address
 * `source`. Return its length, or 0 if none may be sent. `size` counts all of
 * `data`. */
size_t icmp_unreachable(uint8_t *out, const uint8_t *data, size_t size,
			const struct packet *packet, const uint8_t source[4]);

#endif
