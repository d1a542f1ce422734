#include "plane.h"
#include "io/sockaddr.h"
#include "rx_thread.h"
#include "rx_updates.h"
#include "send.h"
#include "sys/clock.h"
#include "sys/process.h"
#include "tables.h"

#include <errno.h>
#include <string.h>

#define MAX_PLANES 64

static struct plane planes[MAX_PLANES];

struct plane *plane_find(int handle)
{
	if (handle < 0 || handle >= MAX_PLANES || !planes[handle].open)
		return NULL;
	return &planes[handle];
}

struct plane *plane_find_peer(int handle, uint32_t peer)
{
	struct plane *plane = plane_find(handle);

	if (!plane || peer >= plane->limits.peers ||
	    !plane->tx.peers[peer].exists)
		return NULL;
	return plane;
}

uint64_t plane_read_clock(struct plane *plane)
{
	return plane->tx.now = clock_read(plane->shared.stopped_clock);
}

static int init_aead(struct plane *plane)
{
	int error = aead_init(&plane->tx.aead, AEAD_SEAL);

	if (error)
		return error;
	error = aead_init(&plane->rx.aead, AEAD_OPEN);
	if (error)
		aead_free(&plane->tx.aead);
	return error;
}

static void free_aead(struct plane *plane)
{
	aead_free(&plane->tx.aead);
	aead_free(&plane->rx.aead);
}

static int init(struct plane *plane, int tun)
{
	int error;

	plane->tx.shared = plane->rx.shared = &plane->shared;
	plane->rx.thread = &plane->rx_thread;
	plane->rx.tx = &plane->tx;
	plane->rx.confirmable = &plane->shared.keypairs;
	plane->tx.mtu = DEFAULT_MTU;
	plane->tx.icmp_sockets[SOCKET_V4] = -1;
	plane->tx.icmp_sockets[SOCKET_V6] = -1;
	sockets_init(&plane->shared.sockets);
	route_monitor_init(&plane->tx.route_monitor);
	route_lookup_init(&plane->tx.route_lookup);
	route_lookup_init(&plane->rx.route_lookup);
	error = tun_init(&plane->shared.tun, tun, &plane->offloads);
	if (error)
		return error;
	error = init_aead(plane);
	if (error)
		return error;
	error = tables_open(&plane->arena, &plane->limits);
	if (error) {
		free_aead(plane);
		return error;
	}
	tables_assign(&plane->arena, &plane->limits, &plane->shared, &plane->tx,
		      &plane->rx);
	if (!ratelimiter_init(plane->rx.handshake_filter.limiter) ||
	    !ratelimiter_init(plane->tx.icmp_limiter)) {
		arena_close(&plane->arena);
		free_aead(plane);
		return -EIO;
	}
	gro_init(plane->rx.gro, plane->offloads & (PYWG_TSO | PYWG_USO));
	return 0;
}

int plane_open(int tun, const struct arena_limits *limits, uint32_t offloads)
{
	struct plane *plane;
	int handle = 0;
	int error;

	while (handle < MAX_PLANES && planes[handle].open)
		handle++;
	if (handle == MAX_PLANES)
		return -EMFILE;
	plane = &planes[handle];
	memset(plane, 0, sizeof(*plane));
	plane->limits = *limits;
	plane->offloads = offloads;
	error = init(plane, tun);
	if (error)
		return error;
	plane->open = true;
	plane_read_clock(plane);
	return handle;
}

static void close_sockets(struct plane *plane)
{
	sockets_close(&plane->shared.sockets);
	route_monitor_close(&plane->tx.route_monitor);
	route_lookup_close(&plane->tx.route_lookup);
	route_lookup_close(&plane->rx.route_lookup);
}

void plane_close(struct plane *plane)
{
	rx_thread_stop(&plane->rx);
	for (uint32_t peer = 0; peer < plane->limits.peers; peer++) {
		if (plane->tx.peers[peer].exists)
			plane_wipe_keypairs(plane, peer);
	}
	close_sockets(plane);
	handshake_filter_set_identity(&plane->rx.handshake_filter, NULL);
	free_aead(plane);
	arena_close(&plane->arena);
	plane->open = false;
}

uint32_t plane_offloads(const struct plane *plane)
{
	const struct udp_socket *sockets = plane->shared.sockets.family;
	uint32_t offloads = plane->offloads & (PYWG_TSO | PYWG_USO);

	for (int n = 0; n < SOCKET_FAMILIES; n++) {
		if (sockets[n].gso && !plane->tx.gso_refused[n])
			offloads |= PYWG_GSO;
		if (sockets[n].gro)
			offloads |= PYWG_GRO;
	}
	return offloads;
}

static void clear_sources(struct plane *plane)
{
	for (uint32_t peer = 0; peer < plane->limits.peers; peer++)
		if (plane->tx.peers[peer].exists)
			plane_clear_source(plane, peer);
}

/* New sockets: nothing is known of their routes, nor of what they refuse. */
static void sockets_changed(struct plane *plane)
{
	memset(plane->tx.gso_refused, 0, sizeof(plane->tx.gso_refused));
	route_monitor_open(&plane->tx.route_monitor);
	route_lookup_open(&plane->tx.route_lookup);
	route_lookup_open(&plane->rx.route_lookup);
	clear_sources(plane);
}

int plane_listen(struct plane *plane, uint32_t port)
{
	const int before = plane->shared.sockets.port;
	int result;

	rx_thread_park(&plane->rx);
	result = sockets_listen(&plane->shared.sockets, port, plane->offloads);
	if (result >= 0 && result != before)
		sockets_changed(plane);
	return result;
}

int plane_set_fwmark(struct plane *plane, uint32_t fwmark)
{
	const int error = sockets_set_fwmark(&plane->shared.sockets, fwmark);

	if (!error)
		clear_sources(plane);
	return error;
}

void plane_unlisten(struct plane *plane)
{
	rx_thread_park(&plane->rx);
	close_sockets(plane);
	plane->rx.handshakes.count = 0;
}

void plane_add_peer(struct plane *plane, uint32_t peer)
{
	plane->tx.peers[peer] = (struct peer){.exists = true, .observed = true};
	keypairs_add_peer(&plane->shared.keypairs, peer);
	rx_updates_request_wakeup(&plane->rx, peer);
}

void plane_remove_peer(struct plane *plane, uint32_t peer)
{
	plane_wipe_keypairs(plane, peer);
	purge_staged_packets(&plane->tx, peer);
	allowedips_remove_peer(plane->shared.allowed_ips, peer);
	event_queue_remove_peer(&plane->tx.events, peer);
	plane->tx.peers[peer].exists = false;
}

void plane_clear_source(struct plane *plane, uint32_t peer_id)
{
	struct peer *peer = &plane->tx.peers[peer_id];

	endpoint_clear_source(&peer->facts.endpoint);
	/* The next packet sets it again. */
	peer->received_checked = 0;
}

void plane_set_endpoint(struct plane *plane, uint32_t peer_id,
			const struct pywg_endpoint *endpoint)
{
	struct peer *peer = &plane->tx.peers[peer_id];

	/* A handshake requested before could not be sent anywhere. */
	if (!peer->facts.endpoint.address_size)
		peer->handshake_requested_at = 0;
	/* Python's buffers need not be aligned. */
	memcpy(&peer->facts.endpoint, endpoint, sizeof(*endpoint));
	peer->source_checked = 0;
	peer->received_checked = 0;
}

void plane_record_handshake_sent(struct plane *plane, uint32_t peer,
				 uint32_t size)
{
	struct pywg_facts *facts = &plane->tx.peers[peer].facts;

	facts->tx_bytes += size;
	facts->last_sent = plane_read_clock(plane);
	facts->data_received_since = 0;
}

void plane_record_handshake_received(struct plane *plane, uint32_t peer,
				     uint32_t size,
				     const struct pywg_endpoint *source)
{
	struct pywg_facts *facts = &plane->tx.peers[peer].facts;

	plane_set_endpoint(plane, peer, source);
	facts->rx_bytes += size;
	facts->last_received = plane_read_clock(plane);
	facts->data_sent_since = 0;
	facts->data_failed_since = 0;
}

/* A retired key must not stay in a cipher context either. */
static void forget_retired_keys(struct plane *plane)
{
	aead_forget_key(&plane->tx.aead);
	aead_forget_key(&plane->rx.aead);
}

void plane_install_keypair(struct plane *plane, uint32_t peer,
			   const struct new_keypair *keypair)
{
	struct keypairs *keypairs = &plane->shared.keypairs;
	const uint32_t id = keypairs_install(keypairs, peer, keypair->initiator,
					     keypair->keep_next);
	struct keypair *entry = &keypairs->entries[id];

	forget_retired_keys(plane);
	memcpy(entry->send_key, keypair->keys, KEY_SIZE);
	memcpy(entry->receive_key, keypair->keys + KEY_SIZE, KEY_SIZE);
	entry->remote_index = keypair->remote_index;
	entry->created_at = keypair->created_at;
	plane->tx.send_counters[id] = 0;
	memset(&plane->rx.keypairs[id], 0, sizeof(plane->rx.keypairs[id]));
	keypairs_register(keypairs, id, keypair->local_index);

	plane_read_clock(plane);
	plane->tx.peers[peer].handshake_requested_at = 0;
	/* The responder may send only after a first packet from us (paper
	 * 5.1). */
	if (keypair->initiator)
		send_keepalive(&plane->tx, peer);
}

void plane_expire_keypairs(struct plane *plane, uint32_t peer)
{
	keypairs_expire(&plane->shared.keypairs, peer);
	plane->tx.peers[peer].handshake_requested_at = 0;
}

void plane_wipe_keypairs(struct plane *plane, uint32_t peer_id)
{
	struct peer *peer = &plane->tx.peers[peer_id];

	keypairs_wipe(&plane->shared.keypairs, peer_id);
	forget_retired_keys(plane);
	/* Without a keypair no answer can be received. */
	peer->facts.data_sent_since = 0;
	peer->facts.data_failed_since = 0;
	peer->facts.data_received_since = 0;
	peer->handshake_requested_at = 0;
}

int plane_lock_keys(const struct plane *plane)
{
	/* The plane itself holds the cookie secret. */
	const int error = process_lock_memory(plane, sizeof(*plane));

	if (error)
		return error;
	/* They are in the arena, which is mapped. */
	return process_lock_memory(
		plane->shared.keypairs.entries,
		(size_t)keypairs_memory(plane->limits.peers));
}
