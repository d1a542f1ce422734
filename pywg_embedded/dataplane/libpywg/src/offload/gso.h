/* Generic segmentation offload: a large packet from the TUN is cut into the
 * packets that the kernel would have made of it. */
#ifndef PYWG_GSO_H
#define PYWG_GSO_H

#include "offload/virtio_net.h"

#include <stddef.h>
#include <stdint.h>

struct gso {
	const uint8_t *packet; /* used until the last segment */
	size_t length;
	size_t header; /* size of the headers that each segment begins with */
	size_t transport; /* offset of the TCP or UDP header */
	size_t checksum; /* offset of its checksum; 0 for none */
	size_t size; /* payload of each segment but the last */
	size_t offset; /* of the next payload */
	uint32_t index;
	uint32_t left; /* segments to come */
	uint8_t protocol; /* IP_PROTOCOL_TCP, IP_PROTOCOL_UDP, or 0 for a packet
			     that is not cut */
};

/* Return 0, or -EINVAL if the header does not fit the packet. Nothing beyond
 * `length` is read for any header. */
int gso_init(struct gso *gso, const struct virtio_net_header *header,
	     const uint8_t *packet, size_t length);

/* Write the next packet. Return its length, the same for all but the last,
 * which may be shorter; 0 at the end, or if `room` is too small. */
size_t gso_next(struct gso *gso, uint8_t *out, size_t room);

#endif
