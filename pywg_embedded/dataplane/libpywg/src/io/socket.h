/* The UDP sockets: one for each address family of the machine, on one port. */
#ifndef PYWG_SOCKET_H
#define PYWG_SOCKET_H

#include "pywg.h"

#include <stdbool.h>
#include <stdint.h>

/* The most that one datagram, or one segmented send, can carry. */
#define SOCKET_MAX_DATAGRAM 65507
/* The most segments of one send (UDP_MAX_SEGMENTS of the kernel). */
#define SOCKET_MAX_SEGMENTS 64
/* One receive call: so many datagrams, or GRO batches, of at most so much. */
#define SOCKET_RECEIVE_SLOTS 4
#define SOCKET_RECEIVE_SLOT_SIZE 65536

enum { SOCKET_V4, SOCKET_V6, SOCKET_FAMILIES };

/* `gso` and `gro` tell what the kernel supports on this socket. */
struct udp_socket {
	int descriptor; /* -1 if closed */
	bool gso;
	bool gro;
};

struct udp_sockets {
	struct udp_socket family[SOCKET_FAMILIES];
	int port; /* 0 if closed */
	uint32_t fwmark;
};

/* One datagram to send, or several of one size but the last. */
struct udp_batch {
	uint8_t *data;
	uint32_t length;
	uint32_t segment_size;
	uint32_t segments;
	uint8_t tos;
	struct pywg_endpoint *endpoint;
};

/* A received datagram, or several of one size but the last. */
struct received_batch {
	uint8_t *data;
	uint32_t length;
	uint32_t segment_size;
	uint8_t tos;
	struct pywg_endpoint endpoint; /* of the sender */
};

/* Sockets that are closed. */
void sockets_init(struct udp_sockets *sockets);
/* Bind both families to a port (0: any) in place of the previous one. Return
 * the port, or a negated errno with the previous one still open. */
int sockets_listen(struct udp_sockets *sockets, uint32_t port,
		   uint32_t offloads);
void sockets_close(struct udp_sockets *sockets);
/* Return 0, or a negated errno. */
int sockets_set_fwmark(struct udp_sockets *sockets, uint32_t fwmark);

/* The bytes that were sent of a batch, and the size of the largest datagram
 * that was sent, and of the largest one that was not. */
struct send_result {
	uint32_t bytes;
	uint32_t largest_sent;
	uint32_t largest_failed;
};

/* Send one datagram and return whether it was sent; a failure is counted in
 * `drops`. An outdated source address is removed from the endpoint. */
bool socket_send(const struct udp_sockets *sockets,
		 struct pywg_endpoint *endpoint, const uint8_t *data,
		 uint32_t length, uint8_t tos, uint64_t *drops);
/* Send a batch, as segments unless `gso_refused` of its family is set, which
 * this function does where an interface cannot segment. Each datagram that
 * fails is counted in `drops`. */
struct send_result socket_send_batch(const struct udp_sockets *sockets,
				     const struct udp_batch *batch,
				     bool gso_refused[SOCKET_FAMILIES],
				     uint64_t *drops);

/* Receive up to SOCKET_RECEIVE_SLOTS batches into `buffer`. Return how many, 0
 * if there are none, or a negated errno. */
int socket_receive(const struct udp_socket *socket, uint8_t *buffer,
		   struct received_batch *out);

#endif
