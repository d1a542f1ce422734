/* The virtio-net header, before each packet of a TUN with IFF_VNET_HDR. */
#ifndef PYWG_VIRTIO_NET_H
#define PYWG_VIRTIO_NET_H

#include <stdint.h>
#include <string.h>

#define VIRTIO_NET_HDR_SIZE 10

/* About the checksum of TCP or UDP. */
enum virtio_net_flags {
	VIRTIO_NET_NEEDS_CSUM = 1, /* it is that of the pseudo-header */
	VIRTIO_NET_DATA_VALID = 2, /* it has been verified */
};

enum virtio_net_gso {
	VIRTIO_NET_GSO_NONE = 0,
	VIRTIO_NET_GSO_TCPV4 = 1,
	VIRTIO_NET_GSO_TCPV6 = 4,
	VIRTIO_NET_GSO_UDP_L4 = 5,
	VIRTIO_NET_GSO_ECN = 0x80, /* with a type: TCP with CWR set */
};

/* Without padding, in the byte order of the machine; offsets from the IP
 * header. */
struct virtio_net_header {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len; /* a hint: may be more or less than the headers */
	uint16_t gso_size; /* payload of each segment but the last */
	uint16_t csum_start;
	uint16_t csum_offset; /* of the checksum field, from csum_start */
};

static inline struct virtio_net_header virtio_net_load(const uint8_t *data)
{
	struct virtio_net_header header;

	memcpy(&header, data, VIRTIO_NET_HDR_SIZE);
	return header;
}

static inline void virtio_net_store(uint8_t *data,
				    const struct virtio_net_header *header)
{
	memcpy(data, header, VIRTIO_NET_HDR_SIZE);
}

#endif
