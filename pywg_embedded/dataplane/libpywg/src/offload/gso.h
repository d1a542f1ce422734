/* Software segmentation: one large packet out of the TUN becomes the packets
 * that the kernel would have made of it. */
#ifndef PYWG_GSO_H
#define PYWG_GSO_H

#include "offload/virtio_net.h"

#include <stddef.h>
#include <stdint.h>

struct gso {
	const uint8_t *packet; /* the caller's, until the last segment */
	size_t length;
	size_t header; /* bytes that each segment begins with */
	size_t transport; /* offset of the TCP or UDP header */
	size_t checksum; /* offset of its checksum; 0 to leave it alone */
	size_t size; /* payload of each segment but the last */
	size_t offset; /* of the payload that comes next */
	uint32_t index;
	uint32_t left; /* segments to come */
	uint8_t protocol; /* IP_PROTOCOL_TCP, IP_PROTOCOL_UDP, or 0 for one as
			     it is */
};

/* 0, or -EINVAL if the header does not fit the packet. Whatever it claims,
 * nothing beyond `length` is read. */
int gso_init(struct gso *gso, const struct virtio_net_header *header,
	     const uint8_t *packet, size_t length);

/* Write the next packet and answer its length: the same for all but the last,
 * which may be shorter. 0 at the end, or when `room` is too small. */
size_t gso_next(struct gso *gso, uint8_t *out, size_t room);

#endif
