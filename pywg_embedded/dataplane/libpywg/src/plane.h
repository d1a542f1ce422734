/* The state of one plane: every table that the arena holds, and what binds them
 * together.
 *
 * Packets travel in two lanes: the sending one from the TUN to UDP, the
 * receiving one from UDP to the TUN. Each has a `struct lane`, and buffers of
 * its own. */
#ifndef PYWG_PLANE_H
#define PYWG_PLANE_H

#include "aead.h"
#include "allowedips.h"
#include "arena.h"
#include "coalesce.h"
#include "drops.h"
#include "pywg.h"
#include "replay.h"
#include "sieve.h"
#include "staging.h"
#include "wire.h"

#include <poll.h>
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

	struct pollfd polled[3 + MOST_WATCHED];
	uint32_t watched_count;
};

static inline void lane_drop(struct lane *lane, enum drop reason)
{
	lane->drops[reason]++;
}

#endif
