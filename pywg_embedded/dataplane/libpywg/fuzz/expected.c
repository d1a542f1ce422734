#include "expected.h"
#include "byteorder.h"
#include "fixup.h"
#include "fuzz.h"
#include "net/ip.h"
#include "offload/gso.h"

#include <stdbool.h>
#include <string.h>

#define ROOM (EXPECTED_MAX * 4096 + IP_MAX_SIZE)
#define IPV4_DF 0x4000
/* Version, protocol, both addresses and both ports. */
#define FLOW_SIZE (2 + 32 + 4)

struct flow {
	bool known; /* else the packet may be of any flow */
	uint8_t key[FLOW_SIZE];
};

struct expected_packet {
	size_t at;
	size_t length;
	struct flow flow;
	bool written;
};

static uint8_t memory[ROOM];
static size_t used;
static struct expected_packet packets[EXPECTED_MAX];
static unsigned count;

size_t expected_length(const uint8_t *packet, size_t size)
{
	const size_t header = size ? 4 * (packet[0] & 0x0Fu) : 0;
	size_t length;

	if (size >= IPV6_HEADER && packet[0] >> 4 == 6) {
		length = IPV6_HEADER + load_be16(packet + 4);
		return length > size ? 0 : length;
	}
	if (size < IPV4_HEADER || packet[0] >> 4 != 4)
		return 0;
	length = load_be16(packet + 2);
	if (header < IPV4_HEADER || header > length || length > size)
		return 0;
	return length;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IP_PROTOCOL_TCP || protocol == IP_PROTOCOL_UDP;
}

static bool hides_flow(const uint8_t *packet, uint8_t protocol)
{
	if (packet[0] >> 4 == 4)
		return load_be16(packet + 6) & 0x3FFF;
	return !has_ports(protocol) && protocol != IP_PROTOCOL_ICMPV6;
}

static struct flow flow_of(const uint8_t *packet, size_t length)
{
	struct flow flow = {0};
	bool is_v4 = length && packet[0] >> 4 == 4;
	uint8_t protocol;
	size_t header;

	if (!length || expected_length(packet, length) != length)
		return flow;
	protocol = packet[is_v4 ? 9 : 6];
	header = is_v4 ? 4 * (packet[0] & 0x0Fu) : (size_t)IPV6_HEADER;
	if (hides_flow(packet, protocol))
		return flow;
	flow.key[0] = packet[0] >> 4;
	flow.key[1] = protocol;
	memcpy(flow.key + 2, packet + (is_v4 ? 12 : 8), is_v4 ? 8 : 32);
	if (has_ports(protocol) && length < header + 4)
		return flow;
	if (has_ports(protocol))
		memcpy(flow.key + 34, packet + header, 4);
	flow.known = true;
	return flow;
}

static bool same_flow(const struct flow *a, const struct flow *b)
{
	return a->known == b->known &&
	       (!a->known || memcmp(a->key, b->key, FLOW_SIZE) == 0);
}

void expected_begin(void)
{
	used = count = 0;
}

void expected_add(const uint8_t *packet, size_t length)
{
	struct expected_packet *expected_packet = &packets[count++];

	REQUIRE(count <= EXPECTED_MAX && used + length <= ROOM);
	*expected_packet = (struct expected_packet){
		used, length, flow_of(packet, length), false};
	memcpy(memory + used, packet, length);
	used += length;
}

/* The next expected packet of this flow. */
static struct expected_packet *next_of(const struct flow *flow)
{
	bool hidden = false;

	for (unsigned n = 0; n < count; n++) {
		if (packets[n].written)
			continue;
		if (same_flow(flow, &packets[n].flow)) {
			/* A packet that may be of this flow must be written
			 * first. */
			REQUIRE(!hidden);
			return &packets[n];
		}
		hidden |= !flow->known || !packets[n].flow.known;
	}
	return NULL;
}

/* Where DF makes the IPv4 id meaningless (RFC 6864) it may have changed. */
static bool equal_but_for_id(const uint8_t *a, const uint8_t *b, size_t length)
{
	if (length < IPV4_HEADER || a[0] >> 4 != 4 ||
	    !(load_be16(a + 6) & IPV4_DF))
		return false;
	return !memcmp(a, b, 4) && !memcmp(a + 6, b + 6, 4) &&
	       !memcmp(a + 12, b + 12, length - 12);
}

static void check_packet(const uint8_t *packet, size_t length, bool cut)
{
	const struct flow flow = flow_of(packet, length);
	struct expected_packet *expected_packet = next_of(&flow);
	const uint8_t *bytes;

	REQUIRE(expected_packet && expected_packet->length == length);
	bytes = memory + expected_packet->at;
	REQUIRE(!memcmp(bytes, packet, length) ||
		(cut && equal_but_for_id(bytes, packet, length)));
	expected_packet->written = true;
}

void expected_written(const uint8_t *data, size_t size)
{
	static uint8_t piece[IP_MAX_SIZE];
	const struct virtio_net_header vnet = virtio_net_load(data);
	const uint8_t *packet = data + VIRTIO_NET_HDR_SIZE;
	struct gso gso;
	size_t length;

	REQUIRE(size >= VIRTIO_NET_HDR_SIZE);
	if (vnet.gso_type == VIRTIO_NET_GSO_NONE) {
		REQUIRE(!vnet.flags);
		check_packet(packet, size - VIRTIO_NET_HDR_SIZE, false);
		return;
	}
	REQUIRE(vnet.flags == VIRTIO_NET_NEEDS_CSUM);
	REQUIRE(gso_init(&gso, &vnet, packet, size - VIRTIO_NET_HDR_SIZE) == 0);
	REQUIRE(vnet.hdr_len == gso.header && gso.left > 1);
	while ((length = gso_next(&gso, piece, sizeof(piece)))) {
		REQUIRE(checksum_is_valid(piece, length));
		check_packet(piece, length, true);
	}
}

void expected_end(void)
{
	for (unsigned n = 0; n < count; n++)
		REQUIRE(packets[n].written);
	count = 0;
}
