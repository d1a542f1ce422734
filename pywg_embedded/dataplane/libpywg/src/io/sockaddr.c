#include "io/sockaddr.h"

#include <string.h>

#define UDP_LEVEL 17
#define UDP_OPTION_SEGMENT 103
#define UDP_OPTION_GRO 104

void endpoint_clear_source(struct pywg_endpoint *endpoint)
{
	endpoint->source_size = 0;
	endpoint->interface = 0;
}

socklen_t sockaddr_store(union socket_address *address,
			 const struct pywg_endpoint *endpoint)
{
	memset(address, 0, sizeof(*address));
	if (endpoint->address_size == 4) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(endpoint->port);
		memcpy(&address->v4.sin_addr, endpoint->address, 4);
		return sizeof(address->v4);
	}
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htons(endpoint->port);
	address->v6.sin6_scope_id = endpoint->scope;
	memcpy(&address->v6.sin6_addr, endpoint->address, 16);
	return sizeof(address->v6);
}

static size_t append(uint8_t *control, size_t used, int level, int kind,
		     const void *data, size_t size)
{
	struct cmsghdr header = {0};

	header.cmsg_len = (socklen_t)CMSG_LEN(size);
	header.cmsg_level = level;
	header.cmsg_type = kind;
	memset(control + used, 0, CMSG_SPACE(size));
	memcpy(control + used, &header, sizeof(header));
	memcpy(control + used + CMSG_LEN(0), data, size);
	return used + CMSG_SPACE(size);
}

static size_t append_source(uint8_t *control, size_t used,
			    const struct pywg_endpoint *endpoint)
{
	struct in_pktinfo v4 = {0};
	struct in6_pktinfo v6 = {0};

	if (endpoint->source_size == 4) {
		/* The interface is left to the route, which may change it. */
		memcpy(&v4.ipi_spec_dst, endpoint->source, 4);
		return append(control, used, IPPROTO_IP, IP_PKTINFO, &v4,
			      sizeof(v4));
	}
	memcpy(&v6.ipi6_addr, endpoint->source, 16);
	/* A link-local source address needs its interface. */
	if (endpoint->scope)
		v6.ipi6_ifindex = endpoint->interface;
	return append(control, used, IPPROTO_IPV6, IPV6_PKTINFO, &v6,
		      sizeof(v6));
}

size_t control_store(union control_buffer *control,
		     const struct pywg_endpoint *endpoint, uint8_t tos,
		     uint16_t segment)
{
	const int is_v4 = endpoint->address_size == 4;
	const int value = tos;
	size_t used = 0;

	if (tos)
		used = append(
			control->bytes, used, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
			is_v4 ? IP_TOS : IPV6_TCLASS, &value, sizeof(value));
	if (endpoint->source_size)
		used = append_source(control->bytes, used, endpoint);
	if (segment)
		used = append(control->bytes, used, UDP_LEVEL,
			      UDP_OPTION_SEGMENT, &segment, sizeof(segment));
	return used;
}

static void load_address(struct pywg_endpoint *endpoint,
			 const union socket_address *address)
{
	if (address->any.sa_family == AF_INET) {
		endpoint->address_size = 4;
		endpoint->port = ntohs(address->v4.sin_port);
		memcpy(endpoint->address, &address->v4.sin_addr, 4);
		return;
	}
	endpoint->address_size = 16;
	endpoint->port = ntohs(address->v6.sin6_port);
	endpoint->scope = address->v6.sin6_scope_id;
	memcpy(endpoint->address, &address->v6.sin6_addr, 16);
}

static int load_int(const struct cmsghdr *message)
{
	int value = 0;

	/* The TOS of IPv4 is one byte, all others are an int. */
	if (message->cmsg_len < CMSG_LEN(sizeof(value)))
		return *(const uint8_t *)CMSG_DATA(message);
	memcpy(&value, CMSG_DATA(message), sizeof(value));
	return value;
}

static void load_v4(struct datagram_origin *origin,
		    const struct cmsghdr *message)
{
	struct in_pktinfo info;

	if (message->cmsg_type == IP_TOS)
		origin->tos = (uint8_t)load_int(message);
	if (message->cmsg_type != IP_PKTINFO)
		return;
	memcpy(&info, CMSG_DATA(message), sizeof(info));
	origin->endpoint.source_size = 4;
	origin->endpoint.interface = (uint32_t)info.ipi_ifindex;
	memcpy(origin->endpoint.source, &info.ipi_spec_dst, 4);
}

static void load_v6(struct datagram_origin *origin,
		    const struct cmsghdr *message)
{
	struct in6_pktinfo info;

	if (message->cmsg_type == IPV6_TCLASS)
		origin->tos = (uint8_t)load_int(message);
	if (message->cmsg_type != IPV6_PKTINFO)
		return;
	memcpy(&info, CMSG_DATA(message), sizeof(info));
	origin->endpoint.source_size = 16;
	origin->endpoint.interface = info.ipi6_ifindex;
	memcpy(origin->endpoint.source, &info.ipi6_addr, 16);
}

static void load_part(struct datagram_origin *origin,
		      const struct cmsghdr *part)
{
	if (part->cmsg_level == IPPROTO_IP)
		load_v4(origin, part);
	else if (part->cmsg_level == IPPROTO_IPV6)
		load_v6(origin, part);
	else if (part->cmsg_level == UDP_LEVEL &&
		 part->cmsg_type == UDP_OPTION_GRO)
		origin->segment_size = (uint32_t)load_int(part);
}

void datagram_origin_load(struct datagram_origin *origin,
			  const union socket_address *address,
			  const struct msghdr *message)
{
	const uint8_t *control = message->msg_control;
	const size_t size = message->msg_controllen;
	const struct cmsghdr *part;
	size_t at;

	memset(origin, 0, sizeof(*origin));
	load_address(&origin->endpoint, address);
	/* Not CMSG_NXTHDR: that of musl compares signed with unsigned. */
	for (at = 0; at + CMSG_LEN(0) <= size;
	     at += CMSG_ALIGN(part->cmsg_len)) {
		part = (const void *)(control + at);
		if (part->cmsg_len < CMSG_LEN(0))
			return;
		load_part(origin, part);
	}
}
