/* What the sending direction (tx, TUN to UDP) and the receiving direction (rx,
 * UDP to TUN) have in common.
 *
 * The main thread, which calls pywg_wait, runs both in turn; or an rx thread
 * runs the receiving one while it is resumed. Packets take no lock: each
 * direction changes data of its own (struct tx, struct rx), and struct shared
 * changes only while the rx thread is paused. What crosses from rx to tx is in
 * struct rx_thread, under its mutex. */
#ifndef PYWG_SHARED_H
#define PYWG_SHARED_H

#include "allowedips.h"
#include "io/socket.h"
#include "io/tun.h"
#include "keypairs.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* How much of one descriptor is processed before the others: a number of
 * packets, because each costs a call, and of bytes, because encryption takes
 * time. */
#define BURST_COUNT 64
#define BURST_BYTES (256 * 1024)

struct shared {
	struct tun tun;
	struct udp_sockets sockets;
	struct keypairs keypairs;
	struct allowedips *allowed_ips;
	uint64_t stopped_clock; /* 0: the clock runs */
};

/* What the authentic packets of one peer prove; times are 0 for never. */
struct rx_update {
	uint64_t bytes;
	uint64_t last_received;
	uint64_t first_data_received;
	uint64_t last_data_received;
	struct pywg_endpoint endpoint;
	uint32_t peer;
	uint32_t keypair; /* with confirms_keypair */
	bool confirms_keypair;
	bool requests_rekey;
};

/* An update that is not yet applied. */
struct pending_update {
	struct rx_update update;
	uint32_t next; /* peer + 1 */
	bool queued;
	/* No PYWG_ACTIVE is awaited: the update need not end a poll. */
	bool deferrable;
};

enum rx_thread_state {
	RX_THREAD_PARKED, /* waits to be resumed */
	RX_THREAD_BUSY, /* receives a burst */
	RX_THREAD_POLLING, /* touches nothing but its poll set */
};

/* A mutex, because C99 has no atomics, and 32-bit machines none of 64 bits. It
 * is taken a few times a burst at most. */
struct rx_thread {
	bool enabled;
	bool started;
	pthread_t thread;
	int tx_wakeup; /* ends a poll of the main thread */
	int rx_wakeup; /* ends a poll of the rx thread */
	pthread_mutex_t mutex;
	pthread_cond_t state_changed;

	/* Guarded by the mutex. */
	bool resumed;
	bool stopping;
	enum rx_thread_state state;
	bool pause_requested; /* to apply what is pending */
	bool tx_signaled;
	uint32_t first_pending; /* peer + 1 */
	struct pending_update *pending; /* of each peer */
};

#endif
