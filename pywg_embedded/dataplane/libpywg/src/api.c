#include "event_queue.h"
#include "io/socket.h"
#include "io/tun.h"
#include "keypairs.h"
#include "loop.h"
#include "plane.h"
#include "pywg.h"
#include "rx_thread.h"
#include "rx_updates.h"
#include "send.h"
#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define MAX_PLANES 64

static struct plane planes[MAX_PLANES];

enum table {
	TABLE_PEERS,
	TABLE_KEYPAIRS,
	TABLE_BUCKETS,
	TABLE_ALLOWED_IPS,
	TABLE_STAGING,
	TABLE_HANDSHAKES,
	TABLE_RATELIMITER,
	TABLE_EVENTS,
	TABLE_TUN_BUFFER,
	TABLE_TX_BUFFER,
	TABLE_RX_BUFFER,
	TABLE_GRO,
	TABLE_PENDING_UPDATES,
	TABLE_COUNT
};

static uint32_t bucket_count(uint32_t peers)
{
	uint32_t count = 4;

	while (count < peers * KEYPAIRS_PER_PEER)
		count *= 2;
	return count;
}

static uint32_t event_room(uint32_t peers)
{
	return peers * 3;
}

static uint64_t size_of_peers(const struct arena_limits *limits)
{
	return (uint64_t)limits->peers * sizeof(struct peer);
}

static uint64_t size_of_keypairs(const struct arena_limits *limits)
{
	return (uint64_t)limits->peers * KEYPAIRS_PER_PEER *
	       sizeof(struct keypair);
}

static uint64_t size_of_buckets(const struct arena_limits *limits)
{
	return bucket_count(limits->peers) * sizeof(uint32_t);
}

static uint64_t size_of_allowed_ips(const struct arena_limits *limits)
{
	return allowedips_memory(limits->allowed_ips, limits->peers);
}

static uint64_t size_of_staging(const struct arena_limits *limits)
{
	return staging_memory(limits->staged, limits->peers);
}

static uint64_t size_of_events(const struct arena_limits *limits)
{
	return event_room(limits->peers) * sizeof(struct queued_event);
}

static uint64_t size_of_handshakes(const struct arena_limits *limits)
{
	(void)limits;
	return HANDSHAKE_QUEUE_SIZE * sizeof(struct queued_handshake);
}

static uint64_t size_of_ratelimiter(const struct arena_limits *limits)
{
	(void)limits;
	return sizeof(struct ratelimiter);
}

static uint64_t size_of_tun_buffer(const struct arena_limits *limits)
{
	(void)limits;
	return MAX_PACKET + 1;
}

static uint64_t size_of_tx_buffer(const struct arena_limits *limits)
{
	(void)limits;
	return TX_BUFFER_SIZE;
}

static uint64_t size_of_rx_buffer(const struct arena_limits *limits)
{
	(void)limits;
	return RECEIVE_SLOTS * RECEIVE_SLOT_SIZE;
}

static uint64_t size_of_gro(const struct arena_limits *limits)
{
	(void)limits;
	return sizeof(struct gro);
}

static uint64_t size_of_pending_updates(const struct arena_limits *limits)
{
	return (uint64_t)limits->peers * sizeof(struct pending_update);
}

static const struct arena_table tables[TABLE_COUNT] = {
	[TABLE_PEERS] = {"peers", size_of_peers},
	[TABLE_KEYPAIRS] = {"keypairs", size_of_keypairs},
	[TABLE_BUCKETS] = {"keypair index", size_of_buckets},
	[TABLE_ALLOWED_IPS] = {"allowed IPs", size_of_allowed_ips},
	[TABLE_STAGING] = {"staged packets", size_of_staging},
	[TABLE_HANDSHAKES] = {"handshake queue", size_of_handshakes},
	[TABLE_RATELIMITER] = {"handshake rate limiter", size_of_ratelimiter},
	[TABLE_EVENTS] = {"event queue", size_of_events},
	[TABLE_TUN_BUFFER] = {"TUN read buffer", size_of_tun_buffer},
	[TABLE_TX_BUFFER] = {"send buffer", size_of_tx_buffer},
	[TABLE_RX_BUFFER] = {"receive buffer", size_of_rx_buffer},
	[TABLE_GRO] = {"GRO", size_of_gro},
	[TABLE_PENDING_UPDATES] = {"receive updates", size_of_pending_updates},
};

uint64_t pywg_table_size(uint32_t table, uint32_t peers, uint32_t allowed_ips,
			 uint32_t staged)
{
	const struct arena_limits limits = {peers, allowed_ips, staged, 0};

	return table < TABLE_COUNT ? arena_table_size(&tables[table], &limits)
				   : 0;
}

const char *pywg_version(void)
{
	return PYWG_VERSION;
}

const char *pywg_table_name(uint32_t table)
{
	return table < TABLE_COUNT ? tables[table].name : NULL;
}

static struct plane *find_plane(int number)
{
	if (number < 0 || number >= MAX_PLANES || !planes[number].open)
		return NULL;
	return &planes[number];
}

/* The plane, if this peer exists in it. */
static struct plane *find_peer_plane(int number, uint32_t peer)
{
	struct plane *plane = find_plane(number);

	if (!plane || peer >= plane->limits.peers || !plane->peers[peer].exists)
		return NULL;
	return plane;
}

static void assign_tables(struct plane *plane)
{
	const struct arena *arena = &plane->arena;
	const struct arena_limits *limits = &plane->limits;

	plane->peers = arena_at(arena, TABLE_PEERS);
	plane->keypairs = arena_at(arena, TABLE_KEYPAIRS);
	plane->buckets = arena_at(arena, TABLE_BUCKETS);
	plane->bucket_mask = bucket_count(limits->peers) - 1;
	plane->allowed_ips = allowedips_init(arena_at(arena, TABLE_ALLOWED_IPS),
					     limits->allowed_ips);
	plane->staging = staging_init(arena_at(arena, TABLE_STAGING),
				      limits->staged, limits->staged_per_peer);
	plane->handshakes = arena_at(arena, TABLE_HANDSHAKES);
	plane->handshake_filter.limiter = arena_at(arena, TABLE_RATELIMITER);
	plane->events = arena_at(arena, TABLE_EVENTS);
	plane->events_room = event_room(limits->peers);
	plane->tun_buffer = arena_at(arena, TABLE_TUN_BUFFER);
	plane->tx_buffer = arena_at(arena, TABLE_TX_BUFFER);
	plane->rx_buffer = arena_at(arena, TABLE_RX_BUFFER);
	plane->gro = arena_at(arena, TABLE_GRO);
	plane->pending_updates = arena_at(arena, TABLE_PENDING_UPDATES);
}

static int begin(struct plane *plane, int tun)
{
	const int flags = fcntl(tun, F_GETFL);
	int error;

	if (flags < 0 || fcntl(tun, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	plane->tun = tun;
	plane->mtu = DEFAULT_MTU;
	plane->v4.descriptor = -1;
	plane->v6.descriptor = -1;
	error = tun_init(plane);
	if (error)
		return error;
	error = aead_init(&plane->aead);
	if (error)
		return error;
	error = arena_open(&plane->arena, tables, TABLE_COUNT, &plane->limits);
	if (error) {
		aead_free(&plane->aead);
		return error;
	}
	assign_tables(plane);
	if (!ratelimiter_init(plane->handshake_filter.limiter)) {
		arena_close(&plane->arena);
		aead_free(&plane->aead);
		return -EIO;
	}
	gro_init(plane->gro, plane->offloads & (PYWG_TSO | PYWG_USO));
	return 0;
}

int pywg_open(int tun, uint32_t peers, uint32_t allowed_ips, uint32_t staged,
	      uint32_t staged_per_peer, uint32_t offloads)
{
	const struct arena_limits limits = {peers, allowed_ips, staged,
					    staged_per_peer};
	struct plane *plane;
	int number = 0;
	int error;

	while (number < MAX_PLANES && planes[number].open)
		number++;
	if (number == MAX_PLANES)
		return -EMFILE;
	plane = &planes[number];
	memset(plane, 0, sizeof(*plane));
	plane->limits = limits;
	plane->tx.plane = plane->rx.plane = plane;
	plane->offloads = offloads;
	error = begin(plane, tun);
	if (error)
		return error;
	plane->open = true;
	clock_read(&plane->tx);
	return number;
}

int pywg_close(int number)
{
	struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	rx_thread_stop(plane);
	for (uint32_t peer = 0; peer < plane->limits.peers; peer++) {
		if (plane->peers[peer].exists)
			keypairs_wipe(plane, peer);
	}
	socket_close(plane);
	handshake_filter_set_identity(&plane->handshake_filter, NULL);
	aead_free(&plane->aead);
	arena_close(&plane->arena);
	plane->open = false;
	return 0;
}

int pywg_offloads(int number)
{
	const struct plane *plane = find_plane(number);
	uint32_t offloads;

	if (!plane)
		return -EBADF;
	offloads = plane->offloads & (PYWG_TSO | PYWG_USO);
	if (plane->v4.gso || plane->v6.gso)
		offloads |= PYWG_GSO;
	if (plane->v4.gro || plane->v6.gro)
		offloads |= PYWG_GRO;
	return (int)offloads;
}

int pywg_set_threads(int number, uint32_t rx_thread)
{
	struct plane *plane = find_plane(number);

	return plane ? rx_thread_set_count(plane, rx_thread) : -EBADF;
}

int pywg_set_time(int number, uint64_t now)
{
	struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	plane->stopped_clock = now;
	clock_read(&plane->tx);
	return 0;
}

int pywg_add_peer(int number, uint32_t peer)
{
	struct plane *plane = find_plane(number);
	struct peer *place;

	if (!plane)
		return -EBADF;
	if (peer >= plane->limits.peers)
		return -ENOSPC;
	place = &plane->peers[peer];
	memset(place, 0, sizeof(*place));
	place->exists = true;
	place->observed = true;
	rx_updates_request_wakeup(plane, peer);
	place->next = place->current = place->previous = NO_KEYPAIR;
	return 0;
}

int pywg_remove_peer(int number, uint32_t peer)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	keypairs_wipe(plane, peer);
	purge_staged_packets(plane, peer);
	allowedips_remove_peer(plane->allowed_ips, peer);
	event_queue_remove_peer(plane, peer);
	plane->peers[peer].exists = false;
	return 0;
}

int pywg_set_endpoint(int number, uint32_t peer,
		      const struct pywg_endpoint *endpoint)
{
	struct plane *plane = find_peer_plane(number, peer);
	struct peer *of;

	if (!plane)
		return -ENOENT;
	of = &plane->peers[peer];
	/* What was wanted before had nowhere to go. */
	if (!of->facts.endpoint.address_size)
		of->handshake_requested_at = 0;
	memcpy(&of->facts.endpoint, endpoint, sizeof(*endpoint));
	return 0;
}

int pywg_note_handshake_sent(int number, uint32_t peer, uint32_t size)
{
	struct plane *plane = find_peer_plane(number, peer);
	struct pywg_facts *facts;

	if (!plane)
		return -ENOENT;
	facts = &plane->peers[peer].facts;
	facts->tx_bytes += size;
	facts->last_sent = clock_read(&plane->tx);
	facts->data_received_since = 0;
	return 0;
}

int pywg_note_handshake_received(int number, uint32_t peer, uint32_t size,
				 const struct pywg_endpoint *source)
{
	struct plane *plane = find_peer_plane(number, peer);
	struct pywg_facts *facts;

	if (!plane)
		return -ENOENT;
	pywg_set_endpoint(number, peer, source);
	facts = &plane->peers[peer].facts;
	facts->rx_bytes += size;
	facts->last_received = clock_read(&plane->tx);
	facts->data_sent_since = 0;
	return 0;
}

int pywg_clear_source(int number, uint32_t peer)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	plane->peers[peer].facts.endpoint.source_size = 0;
	plane->peers[peer].facts.endpoint.interface = 0;
	return 0;
}

static bool is_prefix(uint32_t size, uint32_t cidr)
{
	return (size == 4 || size == 16) && cidr <= 8 * size;
}

static bool are_prefixes(const struct pywg_allowed_ip *ips, uint32_t count)
{
	for (uint32_t at = 0; at < count; at++) {
		if (!is_prefix(ips[at].size, ips[at].cidr))
			return false;
	}
	return count <= INT_MAX;
}

int pywg_allow(int number, uint32_t peer, const struct pywg_allowed_ip *ips,
	       uint32_t count)
{
	struct plane *plane = find_peer_plane(number, peer);
	uint32_t at = 0;

	if (!plane)
		return -ENOENT;
	if (!are_prefixes(ips, count))
		return -EINVAL;
	while (at < count &&
	       !allowedips_insert(plane->allowed_ips, ips[at].address,
				  ips[at].size, ips[at].cidr, peer))
		at++;
	return (int)at;
}

int pywg_disallow(int number, uint32_t peer, const uint8_t *address,
		  uint32_t size, uint32_t cidr)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	if (!is_prefix(size, cidr))
		return -EINVAL;
	allowedips_remove(plane->allowed_ips, address, size, cidr, peer);
	return 0;
}

int pywg_disallow_all(int number, uint32_t peer)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	allowedips_remove_peer(plane->allowed_ips, peer);
	return 0;
}

int pywg_allowed_ips(int number, uint32_t peer, uint32_t *cursor,
		     struct pywg_allowed_ip *out, uint32_t room)
{
	const struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	return (int)allowedips_of_peer(plane->allowed_ips, peer, cursor, out,
				       room);
}

int pywg_allowed_ip_owners(int number, const struct pywg_allowed_ip *ips,
			   uint32_t count, uint32_t *owners)
{
	const struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	if (!are_prefixes(ips, count))
		return -EINVAL;
	for (uint32_t at = 0; at < count; at++) {
		owners[at] =
			allowedips_owner(plane->allowed_ips, ips[at].address,
					 ips[at].size, ips[at].cidr);
	}
	return 0;
}

int pywg_allowed_ip_count(int number)
{
	const struct plane *plane = find_plane(number);

	return plane ? (int)allowedips_count(plane->allowed_ips) : -EBADF;
}

int pywg_install_keypair(int number, uint32_t peer, const uint8_t *keys,
			 uint32_t local_index, uint32_t remote_index,
			 uint64_t created_at, int initiator, int keep_next)
{
	struct plane *plane = find_peer_plane(number, peer);
	struct keypair *keypair;

	if (!plane)
		return -ENOENT;
	clock_read(&plane->tx);
	plane->peers[peer].handshake_requested_at = 0;
	keypair = keypairs_install(plane, peer, initiator, keep_next);
	memcpy(keypair->send_key, keys, KEY_SIZE);
	memcpy(keypair->receive_key, keys + KEY_SIZE, KEY_SIZE);
	keypair->remote_index = remote_index;
	keypair->created_at = created_at;
	keypairs_register(plane, keypair, local_index);
	/* One that we initiated sends at once, to prove itself. */
	if (initiator)
		send_keepalive(plane, peer);
	return 0;
}

int pywg_expire_keypairs(int number, uint32_t peer)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	keypairs_expire(plane, peer);
	plane->peers[peer].handshake_requested_at = 0;
	return 0;
}

int pywg_wipe_keypairs(int number, uint32_t peer)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	keypairs_wipe(plane, peer);
	plane->peers[peer].handshake_requested_at = 0;
	return 0;
}

int pywg_has_index(int number, uint32_t index)
{
	const struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	return keypairs_find(plane, index) != NO_KEYPAIR;
}

int pywg_send_keepalive(int number, uint32_t peer)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	clock_read(&plane->tx);
	send_keepalive(plane, peer);
	return 0;
}

int pywg_send_staged(int number, uint32_t peer)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	clock_read(&plane->tx);
	send_staged_packets(plane, peer);
	return 0;
}

int pywg_purge_staged(int number, uint32_t peer)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	purge_staged_packets(plane, peer);
	return 0;
}

int pywg_peer_facts(int number, uint32_t peer, int observe,
		    struct pywg_facts *out)
{
	struct plane *plane = find_peer_plane(number, peer);

	if (!plane)
		return -ENOENT;
	if (observe) {
		plane->peers[peer].observed = true;
		rx_updates_request_wakeup(plane, peer);
	}
	memcpy(out, &plane->peers[peer].facts, sizeof(*out));
	return 0;
}

int pywg_set_identity(int number, const uint8_t *public, uint32_t size)
{
	struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	if (size && size != KEY_SIZE)
		return -EINVAL;
	handshake_filter_set_identity(&plane->handshake_filter,
				      size ? public : NULL);
	return 0;
}

int pywg_set_cookie_secret(int number, const uint8_t *secret, uint64_t made_at)
{
	struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	if (!plane->handshake_filter.has_identity)
		return 0;
	cookie_set_secret(&plane->handshake_filter.checker, secret, made_at);
	return 0;
}

int pywg_expect_cookie(int number, uint32_t index)
{
	struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	handshake_filter_expect_cookie(&plane->handshake_filter, index);
	return 0;
}

int pywg_listen(int number, uint32_t port)
{
	struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	rx_thread_park(plane);
	return socket_listen(plane, port);
}

int pywg_unlisten(int number)
{
	struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	rx_thread_park(plane);
	socket_close(plane);
	event_queue_clear_handshakes(plane);
	return 0;
}

int pywg_port(int number)
{
	const struct plane *plane = find_plane(number);

	return plane ? plane->port : -EBADF;
}

int pywg_set_fwmark(int number, uint32_t fwmark)
{
	struct plane *plane = find_plane(number);

	return plane ? socket_set_fwmark(plane, fwmark) : -EBADF;
}

int pywg_set_mtu(int number, uint32_t mtu)
{
	struct plane *plane = find_plane(number);

	if (!plane)
		return -EBADF;
	plane->mtu = mtu;
	return 0;
}

int pywg_send_datagram(int number, const uint8_t *data, uint32_t length,
		       const struct pywg_endpoint *endpoint)
{
	struct plane *plane = find_plane(number);
	struct pywg_endpoint to;

	if (!plane)
		return -EBADF;
	memcpy(&to, endpoint, sizeof(to));
	socket_send(&plane->tx, &to, data, length, HANDSHAKE_TOS);
	return 0;
}

int pywg_watch(int number, int descriptor, int writable)
{
	struct plane *plane = find_plane(number);

	return plane ? loop_watch(plane, descriptor, writable) : -EBADF;
}

int pywg_unwatch(int number, int descriptor)
{
	struct plane *plane = find_plane(number);

	return plane ? loop_unwatch(plane, descriptor) : -EBADF;
}

int pywg_wait(int number, int timeout, struct pywg_event *events, uint32_t room)
{
	struct plane *plane = find_plane(number);

	return plane ? loop_wait(plane, timeout, events, room) : -EBADF;
}

uint64_t pywg_drops(int number, uint32_t reason)
{
	const struct plane *plane = find_plane(number);

	if (!plane || reason >= DROP_COUNT)
		return 0;
	return plane->tx.drops[reason] + plane->rx.drops[reason];
}
