#include "offload/gro_flow.h"
#include "byteorder.h"
#include "net/checksum.h"
#include "net/ip.h"
#include "net/tcp_udp.h"

#include <string.h>

#define IPV4_DF 0x4000
#define IPV4_FRAGMENT 0x3FFF /* more fragments, or not the first */
#define CHECKSUM_RIGHT 0xFFFF

static uint32_t gro_hash(uint32_t hash, const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size; at += 4)
		hash = (hash ^ load_be32(data + at)) * 0x9E3779B1;
	return hash;
}

static enum gro_verdict gro_parse_ipv4(struct gro_headers *headers,
				       const uint8_t *packet)
{
	uint8_t size = (uint8_t)(4 * (packet[0] & 0x0F));

	if (load_be16(packet + 6) & IPV4_FRAGMENT)
		return GRO_UNKNOWN_FLOW;
	headers->protocol = packet[9];
	headers->transport = size;
	headers->flow = gro_hash(headers->protocol, packet + 12, 8);
	return size == IPV4_HEADER ? GRO_MERGE : GRO_ALONE;
}

/* Ports behind extension headers are not searched for. */
static enum gro_verdict gro_parse_ipv6(struct gro_headers *headers,
				       const uint8_t *packet)
{
	headers->protocol = packet[6];
	headers->transport = IPV6_HEADER;
	headers->flow = gro_hash(headers->protocol, packet + 8, 32);
	switch (headers->protocol) {
	case IP_PROTOCOL_TCP:
	case IP_PROTOCOL_UDP:
		return GRO_MERGE;
	case IP_PROTOCOL_ICMPV6:
		return GRO_NO_FLOW;
	default:
		return GRO_UNKNOWN_FLOW;
	}
}

static enum gro_verdict gro_parse_tcp(struct gro_headers *headers,
				      const uint8_t *tcp, size_t size)
{
	const uint8_t indifferent = TCP_PSH | TCP_ECE;
	size_t header = size < TCP_HEADER ? 0 : tcp_header_size(tcp);

	if (!header || header >= size)
		return GRO_ALONE;
	if ((tcp[TCP_FLAGS_AT] & ~indifferent) != TCP_ACK)
		return GRO_ALONE;
	headers->size = (uint8_t)(headers->transport + header);
	headers->payload = (uint16_t)(size - header);
	return GRO_MERGE;
}

static enum gro_verdict gro_parse_udp(struct gro_headers *headers,
				      const uint8_t *udp, size_t size)
{
	if (size <= UDP_HEADER || load_be16(udp + UDP_LENGTH_AT) != size)
		return GRO_ALONE;
	if (!load_be16(udp + UDP_CHECKSUM_AT)) /* no checksum: segmentation
						  would add one */
		return GRO_ALONE;
	headers->size = (uint8_t)(headers->transport + UDP_HEADER);
	headers->payload = (uint16_t)(size - UDP_HEADER);
	return GRO_MERGE;
}

static enum gro_verdict gro_parse_transport(struct gro_headers *headers,
					    const uint8_t *packet,
					    size_t length)
{
	const uint8_t *transport = packet + headers->transport;
	size_t size = length - headers->transport;

	if (headers->protocol != IP_PROTOCOL_TCP &&
	    headers->protocol != IP_PROTOCOL_UDP)
		return GRO_NO_FLOW;
	if (size < 4) /* the ports */
		return GRO_UNKNOWN_FLOW;
	headers->flow = gro_hash(headers->flow, transport, 4);
	if (headers->protocol == IP_PROTOCOL_TCP)
		return gro_parse_tcp(headers, transport, size);
	return gro_parse_udp(headers, transport, size);
}

enum gro_verdict gro_parse(struct gro_headers *headers, const uint8_t *packet,
			   size_t length)
{
	enum gro_verdict ip_verdict, verdict;
	struct packet ip;

	if (!ip_parse(&ip, packet, length) || ip.length != length)
		return GRO_UNKNOWN_FLOW;
	headers->version = ip.version;
	ip_verdict = ip.version == 4 ? gro_parse_ipv4(headers, packet)
				     : gro_parse_ipv6(headers, packet);
	if (ip_verdict != GRO_MERGE && ip_verdict != GRO_ALONE)
		return ip_verdict;
	verdict = gro_parse_transport(headers, packet, length);
	return verdict == GRO_MERGE ? ip_verdict : verdict;
}

static size_t gro_transport_length(const struct gro_headers *headers,
				   size_t payload)
{
	return headers->size - headers->transport + payload;
}

bool gro_verify_checksums(const struct gro_headers *headers,
			  const uint8_t *packet)
{
	size_t length = gro_transport_length(headers, headers->payload);
	uint64_t sum = checksum_pseudo(packet, headers->protocol, length);

	sum = checksum_add(sum, packet + headers->transport, length);
	if (checksum_fold(sum) != CHECKSUM_RIGHT)
		return false;
	if (headers->version == 6)
		return true;
	sum = checksum_add(0, packet, IPV4_HEADER);
	return checksum_fold(sum) == CHECKSUM_RIGHT;
}

static bool gro_same(const uint8_t *a, const uint8_t *b, size_t at, size_t size)
{
	return memcmp(a + at, b + at, size) == 0;
}

/* Compare TOS, DF, TTL, protocol and addresses. The id is incremented, or with
 * DF, which makes it meaningless, equal (RFC 6864). */
static bool gro_same_ipv4(const uint8_t *first, const uint8_t *next,
			  uint8_t count)
{
	uint16_t id = load_be16(first + 4);
	uint16_t next_id = load_be16(next + 4);
	bool df = load_be16(first + 6) & IPV4_DF;

	if (!gro_same(first, next, 0, 2) || !gro_same(first, next, 6, 4) ||
	    !gro_same(first, next, 12, 8))
		return false;
	return next_id == (uint16_t)(id + count) || (df && next_id == id);
}

/* Compare traffic class, flow label, next header, hop limit and addresses. */
static bool gro_same_ipv6(const uint8_t *first, const uint8_t *next)
{
	return gro_same(first, next, 0, 4) && gro_same(first, next, 6, 34);
}

/* Compare ports, acknowledgment, flags except PSH, window and options. */
static bool gro_same_tcp(const uint8_t *first, const uint8_t *next,
			 size_t header, uint32_t payload)
{
	uint32_t sequence = load_be32(first + TCP_SEQUENCE_AT) + payload;
	uint8_t flags = first[TCP_FLAGS_AT] ^ next[TCP_FLAGS_AT];

	return load_be32(next + TCP_SEQUENCE_AT) == sequence &&
	       (flags & ~TCP_PSH) == 0 &&
	       gro_same(first, next, 0, TCP_SEQUENCE_AT) &&
	       gro_same(first, next, TCP_ACKNOWLEDGMENT_AT,
			TCP_FLAGS_AT - TCP_ACKNOWLEDGMENT_AT) &&
	       gro_same(first, next, TCP_WINDOW_AT,
			TCP_CHECKSUM_AT - TCP_WINDOW_AT) &&
	       gro_same(first, next, TCP_URGENT_AT, header - TCP_URGENT_AT);
}

bool gro_can_append(const struct gro_headers *headers, const uint8_t *first,
		    uint8_t count, uint32_t payload,
		    const struct gro_headers *next_headers, const uint8_t *next)
{
	size_t transport = headers->transport;

	if (next_headers->payload > headers->payload ||
	    headers->size + payload + next_headers->payload > IP_MAX_SIZE)
		return false;
	if (headers->version == 4 ? !gro_same_ipv4(first, next, count)
				  : !gro_same_ipv6(first, next))
		return false;
	if (headers->protocol == IP_PROTOCOL_UDP)
		return gro_same(first, next, transport, UDP_LENGTH_AT);
	return gro_same_tcp(first + transport, next + transport,
			    headers->size - transport, payload);
}

bool gro_ends_aggregate(const struct gro_headers *headers,
			const struct gro_headers *next_headers,
			const uint8_t *next)
{
	const uint8_t *transport = next + next_headers->transport;

	if (next_headers->payload < headers->payload)
		return true;
	return headers->protocol == IP_PROTOCOL_TCP &&
	       (transport[TCP_FLAGS_AT] & TCP_PSH);
}

static void gro_rewrite_ip(const struct gro_headers *headers, uint8_t *packet,
			   size_t length)
{
	if (headers->version == 6) {
		length -= IPV6_HEADER;
		store_be16(packet + 4, (uint16_t)length);
		return;
	}
	store_be16(packet + 2, (uint16_t)length);
	checksum_write_ipv4(packet, IPV4_HEADER);
}

struct virtio_net_header gro_rewrite_headers(const struct gro_headers *headers,
					     uint8_t *first, uint32_t payload,
					     const uint8_t *last)
{
	size_t length = gro_transport_length(headers, payload);
	uint8_t *transport = first + headers->transport;
	struct virtio_net_header vnet = {
		.flags = VIRTIO_NET_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_GSO_UDP_L4,
		.hdr_len = headers->size,
		.gso_size = headers->payload,
		.csum_start = headers->transport,
		.csum_offset = UDP_CHECKSUM_AT,
	};

	gro_rewrite_ip(headers, first, headers->size + payload);
	if (headers->protocol == IP_PROTOCOL_TCP) {
		vnet.gso_type = headers->version == 4 ? VIRTIO_NET_GSO_TCPV4
						      : VIRTIO_NET_GSO_TCPV6;
		vnet.csum_offset = TCP_CHECKSUM_AT;
		last += headers->transport;
		transport[TCP_FLAGS_AT] |= last[TCP_FLAGS_AT] & TCP_PSH;
	} else {
		store_be16(transport + UDP_LENGTH_AT, (uint16_t)length);
	}
	checksum_store(transport + vnet.csum_offset,
		       checksum_fold(checksum_pseudo(first, headers->protocol,
						     length)));
	return vnet;
}
