/* Endpoints as socket addresses and control messages, and back. */
#ifndef PYWG_SOCKADDR_H
#define PYWG_SOCKADDR_H

#include "pywg.h"

#include <netinet/in.h>
#include <sys/socket.h>

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Room for source address, TOS and segment size of either family. */
union control_buffer {
	size_t aligned; /* a cmsghdr itself, of flexible size, clang allows only
			   as the last member */
	uint8_t bytes[256];
};

/* Let the kernel choose the source address. */
void endpoint_clear_source(struct pywg_endpoint *endpoint);
/* Return the size of the socket address. */
socklen_t sockaddr_store(union socket_address *address,
			 const struct pywg_endpoint *endpoint);
/* Write control messages: source address and TOS if set, and the segment size
 * unless 0. Return the bytes used. */
size_t control_store(union control_buffer *control,
		     const struct pywg_endpoint *endpoint, uint8_t tos,
		     uint16_t segment);

struct datagram_origin {
	struct pywg_endpoint endpoint;
	uint8_t tos;
	uint32_t segment_size; /* 0: one datagram */
};

void datagram_origin_load(struct datagram_origin *origin,
			  const union socket_address *address,
			  const struct msghdr *message);

#endif
