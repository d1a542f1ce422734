/* The state of one plane: every table that the arena holds, and what binds them
 * together.
 *
 * Packets travel in two lanes: the sending one from the TUN to UDP, the
 * receiving one from UDP to the TUN. One thread takes turns in both, or there
 * is a second one for receiving. Nothing is locked for a packet, for everything
 * has one owner while the lanes are parted (lanes.h):
 *
 * 1. The receiving lane: its `struct lane`, the buffers from outside, the
 *    arrivals noted, the handshakes queued and their sieve, the opening half of
 *    `aead`, and of a session its window and `asked_for_successor`.
 * 2. Whoever calls, which is the sending lane: everything else. But of what the
 *    receiving lane reads (sessions and their buckets, a peer's `next`, allowed
 *    IPs, sockets, the stopped clock) nothing changes until the lanes have met.
 * 3. What crosses from the receiving lane to the other: `lanes` and `waiting`,
 *    under the mutex, at most a few times a burst. Mutexes, for C99 has no
 *    atomics, and 32-bit machines have none for counters of 64 bits. */
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

#define NO_SLOT UINT32_MAX
#define LARGEST_PACKET 65535
/* The most that one UDP datagram, or one segmented send, can carry. */
#define LARGEST_DATAGRAM 65507
#define MOST_SEGMENTS 64
#define MOST_MESSAGES 64
#define MOST_WATCHED 64
/* Of one descriptor before the others get their turn: datagrams or packets, for
 * each costs a call, and bytes, for much takes long to seal and to open. */
#define BURST_COUNT 64
#define BURST_BYTES (256 * 1024)
#define RECEIVE_SLOTS 4
#define RECEIVE_SLOT_SIZE 65536
#define MOST_ARRIVALS 16
/* A message that is full goes at once: this one, and room for a packet. */
#define OUTGOING_SIZE (2 * 65536)
#define ROOM_FOR_ONE (TRANSPORT_MIN_SIZE + LARGEST_PACKET + PADDING_MULTIPLE)

/* One keypair at work, in one of the three slots of its peer. */
struct session {
	uint64_t send_counter;
	uint64_t created_at;
	uint32_t local_index;
	uint32_t remote_index;
	uint32_t next_in_bucket;
	bool live;
	bool initiator;
	/* Our static key changed: it may only receive. */
	bool expired;
	/* The last-minute handshake is asked for once (paper 6.2). */
	bool asked_for_successor;
	uint8_t send_key[KEY_SIZE];
	uint8_t receive_key[KEY_SIZE];
	struct replay window;
};

#define SLOTS_A_PEER 3

struct peer {
	struct pywg_facts facts;
	uint64_t wanted_at;
	/* Session numbers, or NO_SLOT; see core/keypair.py for the moves. */
	uint32_t next;
	uint32_t current;
	uint32_t previous;
	bool exists;
	/* Whether the next packet is worth an event. */
	bool observed;
	/* Kinds of event that wait to be taken, as bits. */
	uint8_t pending;
};

struct handshake {
	uint32_t length;
	uint8_t data[INITIATION_SIZE];
	struct pywg_endpoint endpoint;
};

struct happened {
	uint32_t kind;
	uint32_t peer;
};

/* One datagram to send, or several of one size but the last. */
struct message {
	uint8_t *data;
	uint32_t length;
	uint32_t segment;
	uint32_t segments;
	uint32_t peer;
	uint8_t tos;
};

/* What came of one peer, and is not yet applied; times are 0 for never. */
struct arrival {
	uint64_t bytes;
	uint64_t last;
	uint64_t first_data;
	uint64_t last_data;
	struct pywg_endpoint source;
	uint32_t peer;
	/* The one that is confirmed, if any is. */
	uint32_t session;
	bool confirms;
	bool wants_successor;
};

struct udp_socket {
	int descriptor;
	bool gso;
	bool gro;
};

/* What each lane keeps for itself. */
struct lane {
	struct plane *plane;
	uint64_t now;
	bool tun_gone;
	uint64_t drops[DROP_COUNT];
};

/* What came of a peer and waits for the sending lane. */
struct waiting {
	struct arrival arrival;
	uint32_t next; /* peer + 1 */
	bool waits;
	/* Nobody asked to hear of the next at once. */
	bool quiet;
};

/* What the second thread is at; whatever it is, only its bursts touch the
 * plane.
 */
enum lane_state {
	LANE_RESTS, /* until the lanes part */
	LANE_WORKS, /* on a burst */
	LANE_POLLS,
};

/* Where two lanes meet; its mutex guards all that both of them touch while they
 * are parted. */
struct lanes {
	bool open; /* there are to be two */
	bool running; /* the thread was made */
	bool parted;
	bool ending;
	enum lane_state state;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t turn;
	int called; /* ends a poll of the sending lane */
	int disturbed; /* and one of the second thread */
	/* For the sending lane there is what only a meeting settles. */
	bool asked_to_meet;
	bool has_called;
	uint32_t first; /* peer + 1 that has something waiting */
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
	bool tun_gone_told;
	struct udp_socket v4;
	struct udp_socket v6;

	struct peer *peers;
	struct session *sessions;
	uint32_t *buckets;
	uint32_t bucket_mask;
	struct allowedips *allowed_ips;
	struct staging *staging;

	struct handshake *handshakes;
	uint32_t handshakes_first;
	uint32_t handshakes_count;
	struct sieve sieve;
	struct happened *events;
	uint32_t events_first;
	uint32_t events_count;
	uint32_t events_room;

	/* The sending lane: a packet as it was read, and datagrams to be sent.
	 */
	struct lane sending;
	uint8_t *from_tun;
	uint8_t *outgoing;
	uint32_t outgoing_used;
	struct message messages[MOST_MESSAGES];
	uint32_t messages_count;
	/* The receiving lane: datagrams as they came, then packets to be
	 * written. */
	struct lane receiving;
	uint8_t *incoming;
	struct coalescer *coalescer;
	struct arrival arrivals[MOST_ARRIVALS];
	uint32_t arrivals_count;
	bool arrivals_cross;

	/* Between the lanes. */
	struct lanes lanes;
	struct waiting *waiting;

	struct pollfd polled[3 + MOST_WATCHED];
	uint32_t watched_count;
};

static inline void lane_drop(struct lane *lane, enum drop reason)
{
	lane->drops[reason]++;
}

#endif
