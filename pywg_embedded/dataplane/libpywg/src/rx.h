/* What the receiving direction owns. It runs on the rx thread while that is
 * resumed, else on the main thread. */
#ifndef PYWG_RX_H
#define PYWG_RX_H

#include "crypto/aead.h"
#include "drop_reasons.h"
#include "event_queue.h"
#include "handshake_filter.h"
#include "io/routes.h"
#include "offload/gro.h"
#include "pywg.h"
#include "replay.h"
#include "shared.h"

#include <stdbool.h>
#include <stdint.h>

#define RX_BUFFER_SIZE (SOCKET_RECEIVE_SLOTS * SOCKET_RECEIVE_SLOT_SIZE)
#define RX_MAX_UPDATES 16

/* The half of a keypair that changes with each received packet. */
struct rx_keypair {
	struct replay window;
	/* A new handshake is requested once (paper 6.2). */
	bool rekey_requested;
};

struct tx;

struct rx {
	const struct shared *shared;
	uint64_t now;
	uint64_t drops[DROP_COUNT];
	bool tun_gone;
	bool on_rx_thread;
	struct aead aead;
	struct rx_keypair *keypairs;
	uint8_t *buffer; /* datagrams as received, then packets to write */
	struct gro *gro;
	struct handshake_filter handshake_filter;
	struct handshake_queue handshakes;
	struct route_lookup route_lookup;
	struct rx_update updates[RX_MAX_UPDATES];
	uint32_t update_count;

	/* For rx_updates.c and rx_thread.c only: the way to the other data. */
	struct rx_thread *thread;
	struct tx *tx;
	struct keypairs *confirmable; /* shared->keypairs */
};

#endif
