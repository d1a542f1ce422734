#include "fixup.h"
#include "byteorder.h"
#include "packets.h"

static size_t ip_header(const uint8_t *packet, size_t length)
{
	size_t size = length ? 4 * (packet[0] & 0x0Fu) : 0;

	if (length >= IPV6_HEADER && packet[0] >> 4 == 6)
		return IPV6_HEADER;
	if (length < IPV4_HEADER || packet[0] >> 4 != 4)
		return 0;
	return size >= IPV4_HEADER && size <= length ? size : 0;
}

static int is_fragment(const uint8_t *packet)
{
	return packet[0] >> 4 == 4 && load_be16(packet + 6) & 0x3FFF;
}

struct transport_location fixup_find_transport(const uint8_t *packet,
					       size_t length)
{
	struct transport_location found = {.at = ip_header(packet, length)};
	size_t checksum = TCP_CHECKSUM_AT, least = TCP_HEADER;

	if (!found.at || is_fragment(packet))
		return (struct transport_location){0};
	found.protocol = packet[packet[0] >> 4 == 4 ? 9 : 6];
	found.size = length - found.at;
	if (found.protocol == IP_PROTOCOL_UDP) {
		checksum = UDP_CHECKSUM_AT;
		least = UDP_HEADER;
	} else if (found.protocol != IP_PROTOCOL_TCP) {
		return (struct transport_location){0};
	}
	found.checksum = found.at + checksum;
	if (found.size < least)
		return (struct transport_location){0};
	return found;
}

static void fixup_ip(uint8_t *packet, size_t length)
{
	size_t header = ip_header(packet, length);
	uint32_t sum;

	if (!header)
		return;
	if (packet[0] >> 4 == 6) {
		store_be16(packet + 4, (uint16_t)(length - header));
		return;
	}
	store_be16(packet + 2, (uint16_t)length);
	store_be16(packet + 10, 0);
	sum = packets_sum(0, packet, header);
	store_be16(packet + 10, (uint16_t)~packets_fold(sum));
}

void fixup_packet(uint8_t *packet, size_t length)
{
	const struct transport_location found =
		fixup_find_transport(packet, length);

	fixup_ip(packet, length);
	if (!found.at)
		return;
	if (found.protocol == IP_PROTOCOL_UDP)
		store_be16(packet + found.at + UDP_LENGTH_AT,
			   (uint16_t)found.size);
	store_be16(packet + found.checksum,
		   packets_checksum(packet, packet + found.at, found.protocol,
				    found.size));
}

int checksum_is_valid(const uint8_t *packet, size_t length)
{
	const struct transport_location found =
		fixup_find_transport(packet, length);
	uint16_t written = load_be16(packet + found.checksum);
	uint16_t wanted = packets_checksum(packet, packet + found.at,
					   found.protocol, found.size);

	/* These sums have two representations of zero. */
	return written == wanted || (written == 0xFFFF && wanted == 0) ||
	       (written == 0 && wanted == 0xFFFF);
}

void fixup_partial_checksum(uint8_t *packet, size_t length)
{
	const struct transport_location found =
		fixup_find_transport(packet, length);

	if (found.at)
		store_be16(packet + found.checksum,
			   packets_pseudo(packet, found.protocol, found.size));
}
