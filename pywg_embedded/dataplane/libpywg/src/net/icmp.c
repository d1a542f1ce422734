#include "net/icmp.h"
#include "byteorder.h"
#include "net/checksum.h"

#include <stdbool.h>
#include <string.h>

enum {
	HOP_LIMIT = 64,
	/* Type, code, checksum and four unused bytes. */
	MESSAGE_HEADER = 8,
	/* The part of the packet that fits the minimum MTU of its family (RFC
	   1812, RFC 4443). */
	QUOTED_V4 = 576 - IPV4_HEADER - MESSAGE_HEADER,
	QUOTED_V6 = ICMP_MAX_SIZE - IPV6_HEADER - MESSAGE_HEADER,
	MULTICAST_V4 = 224,
	MULTICAST_V6 = 0xFF,
	INFORMATIONAL_V6 = 128, /* types below report errors */
};

static bool icmp_is_zero(const uint8_t *bytes, size_t size)
{
	static const uint8_t zero[16];

	return memcmp(bytes, zero, size) == 0;
}

/* ICMPv4 query and reply types; all others report errors (RFC 1122). */
static bool icmp_is_query_v4(uint8_t type)
{
	static const uint8_t queries[] = {0,  8,  9,  10, 13, 14,
					  15, 16, 17, 18, 42, 43};

	return memchr(queries, type, sizeof(queries)) != NULL;
}

static bool icmp_may_answer_v4(const uint8_t *data, size_t size)
{
	size_t type_at = 4 * (data[0] & 0x0Fu);

	if (load_be16(data + 6) &
	    IPV4_FRAGMENT_OFFSET) /* not the first fragment */
		return false;
	if (data[12] >= MULTICAST_V4 || data[16] >= MULTICAST_V4)
		return false;
	if (icmp_is_zero(data + 12, 4))
		return false;
	if (data[9] != IP_PROTOCOL_ICMP)
		return true;
	return size > type_at && icmp_is_query_v4(data[type_at]);
}

static bool icmp_may_answer_v6(const uint8_t *data, size_t size)
{
	if (data[8] == MULTICAST_V6 || data[24] == MULTICAST_V6)
		return false;
	if (icmp_is_zero(data + 8, 16))
		return false;
	if (data[6] != IP_PROTOCOL_ICMPV6)
		return true;
	return size > IPV6_HEADER && data[IPV6_HEADER] >= INFORMATIONAL_V6;
}

/* Write the message header and the quoted packet. Return their length. */
static size_t icmp_quote(uint8_t *message, uint8_t type, uint8_t code,
			 const uint8_t *data, size_t length)
{
	memset(message, 0, MESSAGE_HEADER);
	message[0] = type;
	message[1] = code;
	memcpy(message + MESSAGE_HEADER, data, length);
	return MESSAGE_HEADER + length;
}

static size_t icmp_write_v4(uint8_t *out, const uint8_t *data, size_t length,
			    const uint8_t source[4])
{
	uint8_t *message = out + IPV4_HEADER;
	size_t quoted = length < QUOTED_V4 ? length : QUOTED_V4;
	size_t size = icmp_quote(message, 3, 1, data, quoted);

	checksum_store(message + 2, (uint16_t)~checksum_fold(
					    checksum_add(0, message, size)));
	memset(out, 0, IPV4_HEADER);
	out[0] = 0x45;
	store_be16(out + 2, (uint16_t)(IPV4_HEADER + size));
	out[8] = HOP_LIMIT;
	out[9] = IP_PROTOCOL_ICMP;
	memcpy(out + 12, source, 4);
	memcpy(out + 16, data + 12, 4);
	checksum_write_ipv4(out, IPV4_HEADER);
	return IPV4_HEADER + size;
}

size_t icmp_unreachable(uint8_t *out, const uint8_t *data, size_t size,
			const struct packet *packet, const uint8_t source[4])
{
	const size_t length = packet->length;

	if (packet->version == 4) {
		if (!icmp_may_answer_v4(data, size))
			return 0;
		return icmp_write_v4(out, data, length, source);
	}
	if (!icmp_may_answer_v6(data, size))
		return 0;
	return icmp_quote(out, 1, 3, data,
			  length < QUOTED_V6 ? length : QUOTED_V6);
}
