/* The header before each packet of a TUN with IFF_VNET_HDR. */
#ifndef PYWG_VIRTIO_NET_H
#define PYWG_VIRTIO_NET_H

#include <stdint.h>
#include <string.h>

#define VNET_SIZE 10

enum vnet_flags {
	VNET_NEEDS_CSUM =
		1, /* the checksum field holds the pseudo-header's sum */
	VNET_DATA_VALID = 2, /* the checksum has been verified */
};

enum vnet_gso {
	VNET_GSO_NONE = 0,
	VNET_GSO_TCPV4 = 1,
	VNET_GSO_TCPV6 = 4,
	VNET_GSO_UDP_L4 = 5,
	VNET_GSO_ECN = 0x80, /* beside a type: TCP with CWR set */
};

/* No padding; fields in the machine's byte order, offsets from the IP header.
 */
struct vnet_header {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len; /* only a hint: more or less than the headers */
	uint16_t gso_size; /* payload of each segment but the last */
	uint16_t csum_start;
	uint16_t csum_offset; /* of the checksum field, from csum_start */
};

static inline struct vnet_header vnet_load(const uint8_t *data)
{
	struct vnet_header header;

	memcpy(&header, data, VNET_SIZE);
	return header;
}

static inline void vnet_store(uint8_t *data, const struct vnet_header *header)
{
	memcpy(data, header, VNET_SIZE);
}

#endif
