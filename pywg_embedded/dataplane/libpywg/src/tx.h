/* What the sending direction owns. It runs on the main thread, which also
 * changes the configuration. */
#ifndef PYWG_TX_H
#define PYWG_TX_H

#include "crypto/aead.h"
#include "drop_reasons.h"
#include "event_queue.h"
#include "io/routes.h"
#include "pywg.h"
#include "ratelimiter.h"
#include "routing_loop.h"
#include "shared.h"
#include "staging.h"

#include <stdbool.h>
#include <stdint.h>

#define TX_MAX_BATCHES 64
/* The largest sealed datagram. */
#define TX_MAX_SEALED (TRANSPORT_MIN_SIZE + TUN_MAX_PACKET + PADDING_MULTIPLE)
/* A full batch, which is sent at once, and room for one more packet. */
#define TX_BUFFER_SIZE (2 * 65536)

struct peer {
	struct pywg_facts facts;
	uint64_t handshake_requested_at; /* 0: not since it could be sent */
	/* The endpoint of the last transport data, as it was received. */
	struct pywg_endpoint received_from;
	/* When the source addresses of the endpoint and of `received_from` were
	 * checked, as generations of the route monitor; 0: never. */
	uint32_t source_checked;
	uint32_t received_checked;
	bool exists;
	/* The next packet raises PYWG_ACTIVE. */
	bool observed;
};

struct tx {
	const struct shared *shared;
	uint64_t now;
	uint64_t drops[DROP_COUNT];
	bool tun_gone;
	bool gso_refused[SOCKET_FAMILIES];
	uint32_t mtu;
	struct aead aead;
	struct route_monitor route_monitor;
	struct route_lookup route_lookup;
	uint64_t *send_counters; /* of each keypair */
	struct peer *peers;
	struct staging *staging;
	struct event_queue events;
	uint8_t *tun_buffer; /* one packet as it was read */
	int icmp_sockets[SOCKET_FAMILIES]; /* raw; -1 for none */
	struct sent_indices sent_indices;
	struct ratelimiter *icmp_limiter; /* by destination */
	uint64_t icmp_full_at; /* when the bucket of all errors is full */
	uint8_t *buffer; /* the datagrams of the batches */
	uint32_t buffer_used;
	struct udp_batch batches[TX_MAX_BATCHES];
	uint32_t batch_peers[TX_MAX_BATCHES]; /* of each batch */
	uint32_t batch_count;
};

#endif
