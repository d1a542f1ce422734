/* Datagrams of this interface that a route leads into its own TUN device. Each
 * would be encrypted and sent again, without end. They are recognised by their
 * contents: so it does not matter which route, rule or mark leads them there,
 * and no packet is dropped once that is mended. */
#ifndef PYWG_ROUTING_LOOP_H
#define PYWG_ROUTING_LOOP_H

#include "net/ip.h"

#include <stdbool.h>
#include <stdint.h>

#define SENT_INDICES 1024

/* The indices of messages that were sent: the sender's of a handshake message,
 * the receiver's of transport data. An index replaces another one with the same
 * low bits. */
struct sent_indices {
	uint32_t indices[SENT_INDICES];
};

/* Record a message before it is sent; `index` are the 4 bytes behind its type.
 */
static inline void sent_indices_add(struct sent_indices *sent, uint32_t index)
{
	sent->indices[index % SENT_INDICES] = index;
}

/* Return whether an IP packet is a message from UDP port `port` (or its first
 * fragment) with an index that was sent. */
bool routing_loop_is_own(const struct sent_indices *sent, const uint8_t *data,
			 const struct packet *packet, uint32_t port);

#endif
