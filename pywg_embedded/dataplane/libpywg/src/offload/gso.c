#include "offload/gso.h"
#include "byteorder.h"
#include "net/checksum.h"
#include "net/ip.h"
#include "net/tcp_udp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The GSO types, and the packet that each is for. */
static const struct gso_kind {
	uint8_t gso_type;
	uint8_t version;
	uint8_t protocol;
	uint8_t checksum; /* offset in the transport header */
} gso_kinds[] = {
	{VIRTIO_NET_GSO_TCPV4, 4, IP_PROTOCOL_TCP, TCP_CHECKSUM_AT},
	{VIRTIO_NET_GSO_TCPV6, 6, IP_PROTOCOL_TCP, TCP_CHECKSUM_AT},
	{VIRTIO_NET_GSO_UDP_L4, 4, IP_PROTOCOL_UDP, UDP_CHECKSUM_AT},
	{VIRTIO_NET_GSO_UDP_L4, 6, IP_PROTOCOL_UDP, UDP_CHECKSUM_AT},
};

static const struct gso_kind *gso_find_kind(uint8_t gso_type, uint8_t version)
{
	const size_t count = sizeof(gso_kinds) / sizeof(*gso_kinds);

	gso_type &= (uint8_t)~VIRTIO_NET_GSO_ECN;
	for (size_t n = 0; n < count; n++) {
		const struct gso_kind *kind = &gso_kinds[n];

		if (kind->gso_type == gso_type && kind->version == version)
			return kind;
	}
	return NULL;
}

/* Whether the transport header starts behind the IP header. Offset 0 would mean
 * that no checksum is requested, which GSO always does. IPv6 extension headers
 * may lie between; only the checksum offset tells where they end. */
static bool gso_transport_fits(const uint8_t *packet, size_t transport,
			       uint8_t protocol)
{
	if (packet[0] >> 4 == 6)
		return transport >= IPV6_HEADER;
	return transport == 4 * (packet[0] & 0x0Fu) && packet[9] == protocol;
}

/* The size of the transport header, 0 if it is truncated. It reaches as far as
 * its checksum at least. */
static size_t gso_transport_size(uint8_t protocol, const uint8_t *transport,
				 size_t room)
{
	size_t size = protocol == IP_PROTOCOL_TCP ? tcp_header_size(transport)
						  : (size_t)UDP_HEADER;

	return size <= room ? size : 0;
}

static int gso_init_segments(struct gso *gso,
			     const struct virtio_net_header *header)
{
	const uint8_t *packet = gso->packet;
	size_t transport = gso->transport;
	const struct gso_kind *kind;
	struct packet ip;
	size_t size;

	if (!ip_parse(&ip, packet, gso->length) || ip.length != gso->length)
		return -EINVAL;
	kind = gso_find_kind(header->gso_type, ip.version);
	if (!kind || kind->checksum != header->csum_offset ||
	    !gso_transport_fits(packet, transport, kind->protocol))
		return -EINVAL;
	size = gso_transport_size(kind->protocol, packet + transport,
				  ip.length - transport);
	if (!size || !header->gso_size)
		return -EINVAL;

	gso->protocol = kind->protocol;
	gso->header = transport + size;
	gso->offset = gso->header;
	gso->size = header->gso_size;
	if (ip.length > gso->header)
		gso->left =
			(uint32_t)((ip.length - gso->header + gso->size - 1) /
				   gso->size);
	return 0;
}

int gso_init(struct gso *gso, const struct virtio_net_header *header,
	     const uint8_t *packet, size_t length)
{
	*gso = (struct gso){
		.packet = packet,
		.length = length,
		.header = length,
		.offset = length,
		.left = 1,
	};
	if (header->flags & VIRTIO_NET_NEEDS_CSUM) {
		gso->transport = header->csum_start;
		gso->checksum = gso->transport + header->csum_offset;
		if (gso->checksum + 2 > length)
			return -EINVAL;
	}
	if (header->gso_type == VIRTIO_NET_GSO_NONE)
		return 0;
	return gso_init_segments(gso, header);
}

static void gso_write_ip(const struct gso *gso, uint8_t *out, size_t length)
{
	size_t header = 4 * (out[0] & 0x0Fu);
	uint16_t id;

	if (out[0] >> 4 == 6) {
		length -= IPV6_HEADER;
		store_be16(out + 4, (uint16_t)length);
		return;
	}
	id = (uint16_t)(load_be16(out + 4) + gso->index);
	store_be16(out + 2, (uint16_t)length);
	store_be16(out + 4, id);
	checksum_write_ipv4(out, header);
}

static void gso_write_tcp(const struct gso *gso, uint8_t *tcp)
{
	uint32_t sequence = load_be32(tcp + TCP_SEQUENCE_AT);

	sequence += gso->index * (uint32_t)gso->size;
	store_be32(tcp + TCP_SEQUENCE_AT, sequence);
	if (gso->left > 1)
		tcp[TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (gso->index > 0)
		tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_CWR;
}

/* The checksum field holds the sum of the pseudo-header, with the length of the
 * large packet. Only TCP segments may have a checksum of 0. */
static void gso_write_checksum(const struct gso *gso, uint8_t *out,
			       size_t length)
{
	size_t transport = gso->transport;
	uint16_t claimed = (uint16_t)(gso->length - transport);
	uint64_t sum = checksum_add16(0, (uint16_t)(length - transport));
	uint16_t result;

	sum = checksum_add16(sum, (uint16_t)~claimed);
	sum = checksum_add(sum, out + transport, length - transport);
	result = (uint16_t)~checksum_fold(sum);
	if (!result && gso->protocol != IP_PROTOCOL_TCP)
		result = 0xFFFF;
	checksum_store(out + gso->checksum, result);
}

static void gso_write_headers(const struct gso *gso, uint8_t *out,
			      size_t length)
{
	uint8_t *transport = out + gso->transport;

	if (!gso->protocol)
		return;
	gso_write_ip(gso, out, length);
	if (gso->protocol == IP_PROTOCOL_TCP)
		gso_write_tcp(gso, transport);
	else
		store_be16(transport + UDP_LENGTH_AT,
			   (uint16_t)(length - gso->transport));
}

size_t gso_next(struct gso *gso, uint8_t *out, size_t room)
{
	size_t rest = gso->length - gso->offset;
	size_t payload = rest < gso->size ? rest : gso->size;
	size_t length = gso->header + payload;

	if (!gso->left || length > room)
		return 0;
	memcpy(out, gso->packet, gso->header);
	memcpy(out + gso->header, gso->packet + gso->offset, payload);
	gso_write_headers(gso, out, length);
	if (gso->checksum)
		gso_write_checksum(gso, out, length);
	gso->offset += payload;
	gso->index++;
	gso->left--;
	return length;
}
