/* The headers of inner IP packets, checked against their length. */
#ifndef PYWG_IP_H
#define PYWG_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	IP_MAX_SIZE = 65535,
	IPV4_FRAGMENT_OFFSET = 0x1FFF,
	IPV6_FRAGMENT_OFFSET = 0xFFF8,
};

enum ip_protocol {
	IP_PROTOCOL_ICMP = 1,
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
	IP_PROTOCOL_FRAGMENT = 44, /* an extension header of IPv6 */
	IP_PROTOCOL_ICMPV6 = 58,
};

/* The length in the header, and where the addresses are. */
struct packet {
	size_t length;
	uint8_t version;
	uint8_t address_size; /* 4 or 16 */
	uint8_t source; /* offsets from the start of the packet */
	uint8_t destination;
};

/* Return false if it is not IP, or longer than `size`. */
bool ip_parse(struct packet *packet, const uint8_t *data, size_t size);

/* Return the TOS byte of IPv4, the traffic class of IPv6. */
uint8_t ip_traffic_class(const uint8_t *data);

/* Write the two ECN bits and update the IPv4 header checksum (RFC 1624). */
void ip_set_ecn(uint8_t *data, uint8_t ecn);

#endif
