#include "routing_loop.h"
#include "byteorder.h"
#include "wireguard.h"

enum {
	UDP_HEADER = 8,
	INDEX_AT = 4,
	INDEX_END = 8,
	IPV6_FRAGMENT_HEADER = 8,
};

/* The offset of the UDP header, 0 if there is none. */
static size_t find_udp(const uint8_t *data, const struct packet *packet)
{
	if (packet->version == 4) {
		if (data[9] != IP_PROTOCOL_UDP ||
		    load_be16(data + 6) & IPV4_FRAGMENT_OFFSET)
			return 0;
		return 4 * (data[0] & 0x0Fu);
	}
	if (data[6] == IP_PROTOCOL_UDP)
		return IPV6_HEADER;
	if (data[6] != IP_PROTOCOL_FRAGMENT ||
	    packet->length < IPV6_HEADER + IPV6_FRAGMENT_HEADER ||
	    data[IPV6_HEADER] != IP_PROTOCOL_UDP ||
	    load_be16(data + IPV6_HEADER + 2) & IPV6_FRAGMENT_OFFSET)
		return 0;
	return IPV6_HEADER + IPV6_FRAGMENT_HEADER;
}

bool routing_loop_is_own(const struct sent_indices *sent, const uint8_t *data,
			 const struct packet *packet, uint32_t port)
{
	const size_t udp = find_udp(data, packet);
	const uint8_t *message = data + udp + UDP_HEADER;
	uint32_t type, index;

	if (!udp || packet->length < udp + UDP_HEADER + INDEX_END ||
	    load_be16(data + udp) != port)
		return false;
	type = load_le32(message);
	index = load_le32(message + INDEX_AT);
	return type >= MESSAGE_INITIATION && type <= MESSAGE_TRANSPORT &&
	       index && sent->indices[index % SENT_INDICES] == index;
}
