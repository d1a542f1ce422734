/* The state of one plane: every table that the arena holds, and what binds them
 * together.
 *
 * Packets travel in two rx_thread: the tx one from the TUN to UDP, the
 * rx one from UDP to the TUN. One thread takes turns in both, or there
 * is a second one for rx. Nothing is locked for a packet, for everything
 * has one owner while the rx_thread are parted (rx_thread.h):
 *
 * 1. The rx direction: its `struct direction`, the buffers from outside, the
 *    updates noted, the handshakes queued and their filter, the opening half of
 *    `aead`, and of a keypair its window and `rekey_requested`.
 * 2. Whoever calls, which is the tx direction: everything else. But of what the
 *    rx direction reads (keypairs and their buckets, a peer's `next`, allowed
 *    IPs, sockets, the stopped clock) nothing changes until the rx_thread have
 * met.
 * 3. What crosses from the rx direction to the other: `rx_thread` and
 * `waiting`, under the mutex, at most a few times a burst. Mutexes, for C99 has
 * no atomics, and 32-bit machines have none for counters of 64 bits. */
#ifndef PYWG_PLANE_H
#define PYWG_PLANE_H

#include "allowedips.h"
#include "crypto/aead.h"
#include "drop_reasons.h"
#include "handshake_filter.h"
#include "offload/gro.h"
#include "pywg.h"
#include "replay.h"
#include "staging.h"
#include "sys/arena.h"
#include "wireguard.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define NO_KEYPAIR UINT32_MAX
#define MAX_PACKET 65535
/* The most that one UDP datagram, or one segmented send, can carry. */
#define MAX_DATAGRAM 65507
#define MAX_SEGMENTS 64
#define MAX_BATCHES 64
#define MAX_WATCHED 64
/* Of one descriptor before the others get their turn: datagrams or packets, for
 * each costs a call, and bytes, for much takes long to seal and to open. */
#define BURST_COUNT 64
#define BURST_BYTES (256 * 1024)
#define RECEIVE_SLOTS 4
#define RECEIVE_SLOT_SIZE 65536
#define MAX_UPDATES 16
/* A message that is full goes at once: this one, and room for a packet. */
#define TX_BUFFER_SIZE (2 * 65536)
#define MAX_SEALED_SIZE (TRANSPORT_MIN_SIZE + MAX_PACKET + PADDING_MULTIPLE)

/* One keypair at work, in one of the three slots of its peer. */
struct keypair {
	uint64_t send_counter;
	uint64_t created_at;
	uint32_t local_index;
	uint32_t remote_index;
	uint32_t next_in_bucket;
	bool in_use;
	bool initiator;
	/* Our static key changed: it may only receive. */
	bool expired;
	/* The last-minute handshake is asked for once (paper 6.2). */
	bool rekey_requested;
	uint8_t send_key[KEY_SIZE];
	uint8_t receive_key[KEY_SIZE];
	struct replay window;
};

#define KEYPAIRS_PER_PEER 3

struct peer {
	struct pywg_facts facts;
	uint64_t handshake_requested_at;
	/* Session numbers, or NO_KEYPAIR; see core/keypair.py for the moves. */
	uint32_t next;
	uint32_t current;
	uint32_t previous;
	bool exists;
	/* Whether the next packet is worth an event. */
	bool observed;
	/* Kinds of event that wait to be taken, as bits. */
	uint8_t pending;
};

struct queued_handshake {
	uint32_t length;
	uint8_t data[INITIATION_SIZE];
	struct pywg_endpoint endpoint;
};

struct queued_event {
	uint32_t kind;
	uint32_t peer;
};

/* One datagram to send, or several of one size but the last. */
struct udp_batch {
	uint8_t *data;
	uint32_t length;
	uint32_t segment;
	uint32_t segments;
	uint32_t peer;
	uint8_t tos;
};

/* What came of one peer, and is not yet applied; times are 0 for never. */
struct rx_update {
	uint64_t bytes;
	uint64_t last;
	uint64_t first_data;
	uint64_t last_data;
	struct pywg_endpoint source;
	uint32_t peer;
	/* The one that is confirmed, if any is. */
	uint32_t keypair;
	bool confirms_key;
	bool wants_rekey;
};

struct udp_socket {
	int descriptor;
	bool gso;
	bool gro;
};

/* What each direction keeps for itself. */
struct direction {
	struct plane *plane;
	uint64_t now;
	bool tun_gone;
	uint64_t drops[DROP_COUNT];
};

/* What came of a peer and queued for the tx direction. */
struct pending_update {
	struct rx_update update;
	uint32_t next; /* peer + 1 */
	bool queued;
	/* Nobody asked to hear of the next at once. */
	bool deferrable;
};

/* What the second thread is at; whatever it is, only its bursts touch the
 * plane.
 */
enum rx_thread_state {
	RX_THREAD_PARKED, /* until the rx_thread part */
	RX_THREAD_BUSY, /* on a burst */
	RX_THREAD_POLLING,
};

/* Where two rx_thread meet; its mutex guards all that both of them touch while
 * they are parted. */
struct rx_thread {
	bool enabled; /* there are to be two */
	bool started; /* the thread was made */
	bool resumed;
	bool stopping;
	enum rx_thread_state state;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t state_changed;
	int tx_wakeup; /* ends a poll of the tx direction */
	int rx_wakeup; /* and one of the second thread */
	/* For the tx direction there is what only a meeting settles. */
	bool pause_requested;
	bool tx_signaled;
	uint32_t first_pending; /* peer + 1 that has something waiting */
};

struct plane {
	bool open;
	struct arena arena;
	struct arena_limits limits;
	struct aead aead;
	uint64_t stopped_clock;
	uint32_t offloads;
	uint32_t mtu;
	uint32_t fwmark;
	int port;
	int tun;
	bool tun_has_header;
	bool tun_gone_reported;
	struct udp_socket v4;
	struct udp_socket v6;

	struct peer *peers;
	struct keypair *keypairs;
	uint32_t *buckets;
	uint32_t bucket_mask;
	struct allowedips *allowed_ips;
	struct staging *staging;

	struct queued_handshake *handshakes;
	uint32_t handshakes_first;
	uint32_t handshakes_count;
	struct handshake_filter handshake_filter;
	struct queued_event *events;
	uint32_t events_first;
	uint32_t events_count;
	uint32_t events_room;

	/* The tx direction: a packet as it was read, and datagrams to be sent.
	 */
	struct direction tx;
	uint8_t *tun_buffer;
	uint8_t *tx_buffer;
	uint32_t tx_buffer_used;
	struct udp_batch batches[MAX_BATCHES];
	uint32_t batches_count;
	/* The rx direction: datagrams as they came, then packets to be
	 * written. */
	struct direction rx;
	uint8_t *rx_buffer;
	struct gro *gro;
	struct rx_update updates[MAX_UPDATES];
	uint32_t updates_count;
	bool updates_cross_threads;

	/* Between the rx_thread. */
	struct rx_thread rx_thread;
	struct pending_update *pending_updates;

	struct pollfd pollfds[3 + MAX_WATCHED];
	uint32_t watched_count;
};

static inline void count_drop(struct direction *direction,
			      enum drop_reason reason)
{
	direction->drops[reason]++;
}

#endif
