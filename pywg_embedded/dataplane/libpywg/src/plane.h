/* One data plane. Only the control functions and the loop see all of it: send.c
 * sees struct tx, receive.c struct rx. */
#ifndef PYWG_PLANE_H
#define PYWG_PLANE_H

#include "pywg.h"
#include "rx.h"
#include "shared.h"
#include "sys/arena.h"
#include "tx.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define PLANE_MAX_WATCHED 64
/* The TUN, two sockets and the route monitor, then the watched descriptors. */
#define PLANE_POLL_WATCHED 4

struct plane {
	bool open;
	struct arena arena;
	struct arena_limits limits;
	uint32_t offloads; /* requested, less what the TUN refused */
	struct shared shared;
	struct tx tx;
	struct rx rx;
	struct rx_thread rx_thread;
	bool tun_gone_reported;
	struct pollfd pollfds[PLANE_POLL_WATCHED + PLANE_MAX_WATCHED];
	uint32_t watched_count;
};

struct new_keypair {
	const uint8_t *keys; /* to send with, then to receive with */
	uint32_t local_index;
	uint32_t remote_index;
	uint64_t created_at;
	bool initiator;
	bool keep_next;
};

/* Return a handle for plane_find, or a negated errno. */
int plane_open(int tun, const struct arena_limits *limits, uint32_t offloads);
void plane_close(struct plane *plane);
/* The open plane with this handle, or NULL. */
struct plane *plane_find(int handle);
/* The open plane with this handle, or NULL if it does not have this peer. */
struct plane *plane_find_peer(int handle, uint32_t peer);

/* Read the clock for calls from outside pywg_wait. */
uint64_t plane_read_clock(struct plane *plane);
uint32_t plane_offloads(const struct plane *plane);
int plane_listen(struct plane *plane, uint32_t port);
void plane_unlisten(struct plane *plane);
int plane_set_fwmark(struct plane *plane, uint32_t fwmark);

void plane_add_peer(struct plane *plane, uint32_t peer);
void plane_remove_peer(struct plane *plane, uint32_t peer);
/* Let the kernel choose the source address for a peer. */
void plane_clear_source(struct plane *plane, uint32_t peer);
void plane_set_endpoint(struct plane *plane, uint32_t peer,
			const struct pywg_endpoint *endpoint);
void plane_record_handshake_sent(struct plane *plane, uint32_t peer,
				 uint32_t size);
void plane_record_handshake_received(struct plane *plane, uint32_t peer,
				     uint32_t size,
				     const struct pywg_endpoint *source);

void plane_install_keypair(struct plane *plane, uint32_t peer,
			   const struct new_keypair *keypair);
void plane_expire_keypairs(struct plane *plane, uint32_t peer);
void plane_wipe_keypairs(struct plane *plane, uint32_t peer);
/* See pywg_lock_keys. */
int plane_lock_keys(const struct plane *plane);

#endif
