/* Endpoints as socket addresses and control messages, and back. */
#ifndef PYWG_SOCKADDR_H
#define PYWG_SOCKADDR_H

#include "pywg.h"

#include <netinet/in.h>
#include <sys/socket.h>

union udp_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Room for source, TOS and segment size, of either family. */
union udp_control {
	size_t aligned; /* as a cmsghdr, which clang takes at the end alone */
	uint8_t bytes[256];
};

/* The size of the socket address. */
socklen_t udp_address_store(union udp_address *address,
			    const struct pywg_endpoint *endpoint);
/* Fill in control messages: source address, TOS, and the segment size unless 0;
 * answers how many bytes are used. */
size_t udp_control_store(union udp_control *control,
			 const struct pywg_endpoint *endpoint, uint8_t tos,
			 uint16_t segment);

struct udp_origin {
	struct pywg_endpoint endpoint;
	uint8_t tos;
	uint32_t segment; /* 0: one datagram */
};

void udp_origin_load(struct udp_origin *origin,
		     const union udp_address *address,
		     const struct msghdr *message);

#endif
