/* The outer sockets: one for each family that the machine has, on one port. */
#ifndef PYWG_SOCKET_H
#define PYWG_SOCKET_H

#include "plane.h"

/* Take a port in place of the one before, 0 for any; the port or -errno. */
int socket_listen(struct plane *plane, uint32_t port);
void socket_close(struct plane *plane);
int socket_set_fwmark(struct plane *plane, uint32_t fwmark);

/* Send all messages of the burst. Whatever fails is counted, never repeated
 * without need, and ends nothing. */
void socket_send_batches(struct plane *plane);
/* Send one datagram to an endpoint; the endpoint loses a stale source. */
void socket_send(struct direction *direction, struct pywg_endpoint *endpoint,
		 const uint8_t *data, uint32_t length, uint8_t tos);

/* A datagram, or several of one size but the last. */
struct received {
	uint8_t *data;
	uint32_t length;
	uint32_t segment;
	uint8_t tos;
	struct pywg_endpoint source;
};

/* Receive up to RECEIVE_SLOTS; how many, 0 if there are none. */
uint32_t socket_receive(struct plane *plane, struct udp_socket *socket,
			struct received *out);

#endif
