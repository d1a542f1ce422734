#include "offload/gso.h"
#include "byteorder.h"
#include "net/checksum.h"
#include "net/ip.h"
#include "net/tcp_udp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The kinds of segmentation, and what a packet of that kind must be. */
static const struct segment_kind {
	uint8_t gso_type;
	uint8_t version;
	uint8_t protocol;
	uint8_t checksum; /* offset in the transport header */
} segment_kinds[] = {
	{VNET_GSO_TCPV4, 4, PACKET_TCP, TCP_CHECKSUM_AT},
	{VNET_GSO_TCPV6, 6, PACKET_TCP, TCP_CHECKSUM_AT},
	{VNET_GSO_UDP_L4, 4, PACKET_UDP, UDP_CHECKSUM_AT},
	{VNET_GSO_UDP_L4, 6, PACKET_UDP, UDP_CHECKSUM_AT},
};

static const struct segment_kind *segment_kind_of(uint8_t gso_type,
						  uint8_t version)
{
	const size_t count = sizeof(segment_kinds) / sizeof(*segment_kinds);

	gso_type &= (uint8_t)~VNET_GSO_ECN;
	for (size_t n = 0; n < count; n++) {
		const struct segment_kind *kind = &segment_kinds[n];

		if (kind->gso_type == gso_type && kind->version == version)
			return kind;
	}
	return NULL;
}

/* The transport header starts where the IP header allows it to, and not at 0,
 * which stands for a checksum that is not wanted: no GSO is without. IPv6
 * extension headers may lie between; where they end is known from the checksum
 * alone. */
static bool segment_transport_fits(const uint8_t *packet, size_t transport,
				   uint8_t protocol)
{
	if (packet[0] >> 4 == 6)
		return transport >= PACKET_IPV6_HEADER;
	return transport == 4 * (packet[0] & 0x0Fu) && packet[9] == protocol;
}

/* The length of the transport header, 0 if it is not a whole one; its checksum
 * is known to be there. */
static size_t segment_transport_size(uint8_t protocol, const uint8_t *transport,
				     size_t room)
{
	size_t size = protocol == PACKET_TCP ? tcp_header_size(transport)
					     : (size_t)UDP_HEADER;

	return size <= room ? size : 0;
}

static int segment_begin_gso(struct segmenter *segmenter,
			     const struct vnet_header *header)
{
	const uint8_t *packet = segmenter->packet;
	size_t transport = segmenter->transport;
	const struct segment_kind *kind;
	struct packet ip;
	size_t size;

	if (!packet_parse(&ip, packet, segmenter->length) ||
	    ip.length != segmenter->length)
		return -EINVAL;
	kind = segment_kind_of(header->gso_type, ip.version);
	if (!kind || kind->checksum != header->csum_offset ||
	    !segment_transport_fits(packet, transport, kind->protocol))
		return -EINVAL;
	size = segment_transport_size(kind->protocol, packet + transport,
				      ip.length - transport);
	if (!size || !header->gso_size)
		return -EINVAL;

	segmenter->protocol = kind->protocol;
	segmenter->header = transport + size;
	segmenter->offset = segmenter->header;
	segmenter->size = header->gso_size;
	if (ip.length > segmenter->header)
		segmenter->left = (uint32_t)((ip.length - segmenter->header +
					      segmenter->size - 1) /
					     segmenter->size);
	return 0;
}

int segment_begin(struct segmenter *segmenter, const struct vnet_header *header,
		  const uint8_t *packet, size_t length)
{
	*segmenter = (struct segmenter){
		.packet = packet,
		.length = length,
		.header = length,
		.offset = length,
		.left = 1,
	};
	if (header->flags & VNET_NEEDS_CSUM) {
		segmenter->transport = header->csum_start;
		segmenter->checksum =
			segmenter->transport + header->csum_offset;
		if (segmenter->checksum + 2 > length)
			return -EINVAL;
	}
	if (header->gso_type == VNET_GSO_NONE)
		return 0;
	return segment_begin_gso(segmenter, header);
}

static void segment_write_ip(const struct segmenter *segmenter, uint8_t *out,
			     size_t length)
{
	size_t header = 4 * (out[0] & 0x0Fu);
	uint16_t id;

	if (out[0] >> 4 == 6) {
		length -= PACKET_IPV6_HEADER;
		store_be16(out + 4, (uint16_t)length);
		return;
	}
	id = (uint16_t)(load_be16(out + 4) + segmenter->index);
	store_be16(out + 2, (uint16_t)length);
	store_be16(out + 4, id);
	checksum_write_ipv4(out, header);
}

static void segment_write_tcp(const struct segmenter *segmenter, uint8_t *tcp)
{
	uint32_t sequence = load_be32(tcp + TCP_SEQUENCE_AT);

	sequence += segmenter->index * (uint32_t)segmenter->size;
	store_be32(tcp + TCP_SEQUENCE_AT, sequence);
	if (segmenter->left > 1)
		tcp[TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (segmenter->index > 0)
		tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_CWR;
}

/* The checksum field holds the sum of the pseudo-header, which counts the
 * length of the large packet. Only for TCP segments may the result be 0. */
static void segment_write_checksum(const struct segmenter *segmenter,
				   uint8_t *out, size_t length)
{
	size_t transport = segmenter->transport;
	uint16_t claimed = (uint16_t)(segmenter->length - transport);
	uint64_t sum = checksum_add16(0, (uint16_t)(length - transport));
	uint16_t result;

	sum = checksum_add16(sum, (uint16_t)~claimed);
	sum = checksum_add(sum, out + transport, length - transport);
	result = (uint16_t)~checksum_fold(sum);
	if (!result && segmenter->protocol != PACKET_TCP)
		result = 0xFFFF;
	checksum_store(out + segmenter->checksum, result);
}

static void segment_write_headers(const struct segmenter *segmenter,
				  uint8_t *out, size_t length)
{
	uint8_t *transport = out + segmenter->transport;

	if (!segmenter->protocol)
		return;
	segment_write_ip(segmenter, out, length);
	if (segmenter->protocol == PACKET_TCP)
		segment_write_tcp(segmenter, transport);
	else
		store_be16(transport + UDP_LENGTH_AT,
			   (uint16_t)(length - segmenter->transport));
}

size_t segment_next(struct segmenter *segmenter, uint8_t *out, size_t room)
{
	size_t rest = segmenter->length - segmenter->offset;
	size_t payload = rest < segmenter->size ? rest : segmenter->size;
	size_t length = segmenter->header + payload;

	if (!segmenter->left || length > room)
		return 0;
	memcpy(out, segmenter->packet, segmenter->header);
	memcpy(out + segmenter->header, segmenter->packet + segmenter->offset,
	       payload);
	segment_write_headers(segmenter, out, length);
	if (segmenter->checksum)
		segment_write_checksum(segmenter, out, length);
	segmenter->offset += payload;
	segmenter->index++;
	segmenter->left--;
	return length;
}
