/* The exported functions: check the handle and the arguments, then call. */
#include "blake2.h"
#include "byteorder.h"
#include "crypto/kdf.h"
#include "crypto/primitives.h"
#include "drop_reasons.h"
#include "loop.h"
#include "plane.h"
#include "pywg.h"
#include "rx_thread.h"
#include "rx_updates.h"
#include "send.h"
#include "sys/clock.h"
#include "sys/landlock.h"
#include "sys/process.h"
#include "tables.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

const char *pywg_version(void)
{
	return PYWG_VERSION;
}

int pywg_open(int tun, uint32_t peers, uint32_t allowed_ips, uint32_t staged,
	      uint32_t staged_per_peer, uint32_t offloads)
{
	const struct arena_limits limits = {peers, allowed_ips, staged,
					    staged_per_peer};

	return plane_open(tun, &limits, offloads);
}

int pywg_close(int handle)
{
	struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	plane_close(plane);
	return 0;
}

uint64_t pywg_table_size(uint32_t table, uint32_t peers, uint32_t allowed_ips,
			 uint32_t staged)
{
	const struct arena_limits limits = {peers, allowed_ips, staged, 0};

	return tables_size(table, &limits);
}

const char *pywg_table_name(uint32_t table)
{
	return tables_name(table);
}

int pywg_offloads(int handle)
{
	const struct plane *plane = plane_find(handle);

	return plane ? (int)plane_offloads(plane) : -EBADF;
}

int pywg_set_threads(int handle, uint32_t threads)
{
	struct plane *plane = plane_find(handle);

	return plane ? rx_thread_set_count(&plane->rx, threads) : -EBADF;
}

int pywg_set_time(int handle, uint64_t now)
{
	struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	plane->shared.stopped_clock = now;
	plane_read_clock(plane);
	return 0;
}

int pywg_add_peer(int handle, uint32_t peer)
{
	struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	if (peer >= plane->limits.peers)
		return -ENOSPC;
	if (plane->tx.peers[peer].exists)
		return -EEXIST;
	plane_add_peer(plane, peer);
	return 0;
}

int pywg_remove_peer(int handle, uint32_t peer)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_remove_peer(plane, peer);
	return 0;
}

int pywg_set_endpoint(int handle, uint32_t peer,
		      const struct pywg_endpoint *endpoint)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_set_endpoint(plane, peer, endpoint);
	return 0;
}

int pywg_record_handshake_sent(int handle, uint32_t peer, uint32_t size)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_record_handshake_sent(plane, peer, size);
	return 0;
}

int pywg_record_handshake_received(int handle, uint32_t peer, uint32_t size,
				   const struct pywg_endpoint *source)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_record_handshake_received(plane, peer, size, source);
	return 0;
}

int pywg_clear_source(int handle, uint32_t peer)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_clear_source(plane, peer);
	return 0;
}

static bool is_prefix(uint32_t size, uint32_t cidr)
{
	return (size == 4 || size == 16) && cidr <= 8 * size;
}

static bool are_prefixes(const struct pywg_allowed_ip *ips, uint32_t count)
{
	for (uint32_t n = 0; n < count; n++) {
		if (!is_prefix(ips[n].size, ips[n].cidr))
			return false;
	}
	return count <= INT_MAX;
}

int pywg_allow(int handle, uint32_t peer, const struct pywg_allowed_ip *ips,
	       uint32_t count)
{
	struct plane *plane = plane_find_peer(handle, peer);
	uint32_t added = 0;

	if (!plane)
		return -ENOENT;
	if (!are_prefixes(ips, count))
		return -EINVAL;
	while (added < count &&
	       !allowedips_insert(plane->shared.allowed_ips, ips[added].address,
				  ips[added].size, ips[added].cidr, peer))
		added++;
	return (int)added;
}

int pywg_disallow(int handle, uint32_t peer, const uint8_t *address,
		  uint32_t size, uint32_t cidr)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	if (!is_prefix(size, cidr))
		return -EINVAL;
	allowedips_remove(plane->shared.allowed_ips, address, size, cidr, peer);
	return 0;
}

int pywg_disallow_all(int handle, uint32_t peer)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	allowedips_remove_peer(plane->shared.allowed_ips, peer);
	return 0;
}

int pywg_allowed_ips(int handle, uint32_t peer, uint32_t *cursor,
		     struct pywg_allowed_ip *out, uint32_t room)
{
	const struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	return (int)allowedips_of_peer(plane->shared.allowed_ips, peer, cursor,
				       out, room);
}

int pywg_allowed_ip_owners(int handle, const struct pywg_allowed_ip *ips,
			   uint32_t count, uint32_t *owners)
{
	const struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	if (!are_prefixes(ips, count))
		return -EINVAL;
	for (uint32_t n = 0; n < count; n++)
		owners[n] = allowedips_owner(plane->shared.allowed_ips,
					     ips[n].address, ips[n].size,
					     ips[n].cidr);
	return 0;
}

int pywg_allowed_ip_count(int handle)
{
	const struct plane *plane = plane_find(handle);

	return plane ? (int)allowedips_count(plane->shared.allowed_ips)
		     : -EBADF;
}

int pywg_install_keypair(int handle, uint32_t peer, const uint8_t *keys,
			 uint32_t local_index, uint32_t remote_index,
			 uint64_t created_at, int initiator, int keep_next)
{
	struct plane *plane = plane_find_peer(handle, peer);
	const struct new_keypair keypair = {keys,	  local_index,
					    remote_index, created_at,
					    initiator,	  keep_next};

	if (!plane)
		return -ENOENT;
	plane_install_keypair(plane, peer, &keypair);
	return 0;
}

int pywg_expire_keypairs(int handle, uint32_t peer)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_expire_keypairs(plane, peer);
	return 0;
}

int pywg_wipe_keypairs(int handle, uint32_t peer)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_wipe_keypairs(plane, peer);
	return 0;
}

int pywg_has_index(int handle, uint32_t index)
{
	const struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	return keypairs_find(&plane->shared.keypairs, index) != NO_KEYPAIR;
}

int pywg_send_keepalive(int handle, uint32_t peer)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_read_clock(plane);
	send_keepalive(&plane->tx, peer);
	return 0;
}

int pywg_send_staged(int handle, uint32_t peer)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	plane_read_clock(plane);
	send_staged_packets(&plane->tx, peer);
	return 0;
}

int pywg_purge_staged(int handle, uint32_t peer)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	purge_staged_packets(&plane->tx, peer);
	return 0;
}

int pywg_peer_facts(int handle, uint32_t peer, int observe,
		    struct pywg_facts *out)
{
	struct plane *plane = plane_find_peer(handle, peer);

	if (!plane)
		return -ENOENT;
	if (observe) {
		plane->tx.peers[peer].observed = true;
		rx_updates_request_wakeup(&plane->rx, peer);
	}
	/* Python's buffers need not be aligned. */
	memcpy(out, &plane->tx.peers[peer].facts, sizeof(*out));
	return 0;
}

int pywg_set_identity(int handle, const uint8_t *public, uint32_t size)
{
	struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	if (size && size != KEY_SIZE)
		return -EINVAL;
	handshake_filter_set_identity(&plane->rx.handshake_filter,
				      size ? public : NULL);
	return 0;
}

int pywg_set_cookie_secret(int handle, const uint8_t *secret, uint64_t made_at)
{
	struct plane *plane = plane_find(handle);
	struct handshake_filter *filter;

	if (!plane)
		return -EBADF;
	filter = &plane->rx.handshake_filter;
	if (filter->has_identity)
		cookie_set_secret(&filter->checker, secret, made_at);
	return 0;
}

int pywg_expect_cookie(int handle, uint32_t index)
{
	struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	handshake_filter_expect_cookie(&plane->rx.handshake_filter, index);
	return 0;
}

int pywg_listen(int handle, uint32_t port)
{
	struct plane *plane = plane_find(handle);

	return plane ? plane_listen(plane, port) : -EBADF;
}

int pywg_unlisten(int handle)
{
	struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	plane_unlisten(plane);
	return 0;
}

int pywg_port(int handle)
{
	const struct plane *plane = plane_find(handle);

	return plane ? plane->shared.sockets.port : -EBADF;
}

int pywg_set_fwmark(int handle, uint32_t fwmark)
{
	struct plane *plane = plane_find(handle);

	return plane ? plane_set_fwmark(plane, fwmark) : -EBADF;
}

int pywg_set_icmp_sockets(int handle, int v4, int v6)
{
	struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	plane->tx.icmp_sockets[SOCKET_V4] = v4;
	plane->tx.icmp_sockets[SOCKET_V6] = v6;
	return 0;
}

int pywg_set_mtu(int handle, uint32_t mtu)
{
	struct plane *plane = plane_find(handle);

	if (!plane)
		return -EBADF;
	plane->tx.mtu = mtu;
	return 0;
}

int pywg_check_source(int handle, const struct pywg_endpoint *endpoint)
{
	struct plane *plane = plane_find(handle);
	struct pywg_endpoint checked;

	if (!plane)
		return -EBADF;
	memcpy(&checked, endpoint, sizeof(checked));
	return route_fits_source(&plane->tx.route_lookup,
				 &plane->shared.sockets, &checked);
}

int pywg_send_datagram(int handle, const uint8_t *data, uint32_t length,
		       const struct pywg_endpoint *endpoint)
{
	struct plane *plane = plane_find(handle);
	struct pywg_endpoint to;

	if (!plane)
		return -EBADF;
	memcpy(&to, endpoint, sizeof(to));
	if (length >= TRANSPORT_RECEIVER_AT + sizeof(uint32_t))
		sent_indices_add(&plane->tx.sent_indices,
				 load_le32(data + TRANSPORT_RECEIVER_AT));
	return socket_send(&plane->shared.sockets, &to, data, length,
			   HANDSHAKE_TOS, plane->tx.drops);
}

int pywg_watch(int handle, int descriptor, int writable)
{
	struct plane *plane = plane_find(handle);

	return plane ? loop_watch(plane, descriptor, writable) : -EBADF;
}

int pywg_unwatch(int handle, int descriptor)
{
	struct plane *plane = plane_find(handle);

	return plane ? loop_unwatch(plane, descriptor) : -EBADF;
}

int pywg_wait(int handle, int timeout, struct pywg_event *events, uint32_t room)
{
	struct plane *plane = plane_find(handle);

	return plane ? loop_wait(plane, timeout, events, room) : -EBADF;
}

uint64_t pywg_drops(int handle, uint32_t reason)
{
	const struct plane *plane = plane_find(handle);

	if (!plane || reason >= DROP_COUNT)
		return 0;
	return plane->tx.drops[reason] + plane->rx.drops[reason];
}

const char *pywg_drop_reason(uint32_t reason)
{
	return reason < DROP_COUNT ? drop_reason_identifier(reason) : NULL;
}

int pywg_keep_capabilities(uint32_t low, uint32_t high)
{
	return process_keep_capabilities((uint64_t)high << 32 | low);
}

int pywg_restrict_writes(const uint8_t *paths, uint32_t size)
{
	if (size && paths[size - 1])
		return -EINVAL;
	return landlock_restrict_writes((const char *)paths, size);
}

int pywg_forbid_dumps(void)
{
	return process_forbid_dumps();
}

int pywg_lock_keys(int handle)
{
	const struct plane *plane = plane_find(handle);

	return plane ? plane_lock_keys(plane) : -EBADF;
}

int pywg_trim(void)
{
	return process_release_pages();
}

int pywg_clock_is_synchronized(void)
{
	return clock_is_synchronized();
}

int pywg_random(uint8_t *out, uint32_t size)
{
	return primitives_random(out, size) ? 0 : -errno;
}

int pywg_equal(const uint8_t *a, const uint8_t *b, uint32_t size)
{
	return primitives_equal(a, b, size);
}

int pywg_blake2s(uint8_t *out, uint32_t out_size, const uint8_t *data,
		 uint32_t size, const uint8_t *key, uint32_t key_size)
{
	return blake2s(out, out_size, data, size, key, key_size) ? -EINVAL : 0;
}

int pywg_lock_memory(const uint8_t *memory, uint32_t size)
{
	return process_lock_memory(memory, size);
}

int pywg_kdf(uint8_t *out, uint32_t count, const uint8_t *key,
	     const uint8_t *data, uint32_t size)
{
	kdf(out, count, key, data, size);
	return 0;
}

int pywg_public_key(uint8_t *public, const uint8_t *private)
{
	return primitives_public_key(public, private) ? 0 : -ENOSYS;
}

int pywg_dh(uint8_t *shared, const uint8_t *private, const uint8_t *public)
{
	return primitives_dh(shared, private, public) ? 0 : -EINVAL;
}

static bool is_nonce_size(uint32_t size)
{
	return size == NONCE_SIZE || size == XNONCE_SIZE;
}

int pywg_seal(uint8_t *out, const uint8_t *in, uint32_t size,
	      const uint8_t *aad, uint32_t aad_size, const uint8_t *nonce,
	      uint32_t nonce_size, const uint8_t *key)
{
	const struct primitives_seal with = {key, nonce, nonce_size, aad,
					     aad_size};

	if (!is_nonce_size(nonce_size))
		return -EINVAL;
	return primitives_seal(&with, out, in, size) ? 0 : -ENOSYS;
}

int pywg_unseal(uint8_t *out, const uint8_t *in, uint32_t size,
		const uint8_t *aad, uint32_t aad_size, const uint8_t *nonce,
		uint32_t nonce_size, const uint8_t *key)
{
	const struct primitives_seal with = {key, nonce, nonce_size, aad,
					     aad_size};

	if (!is_nonce_size(nonce_size))
		return -EINVAL;
	return primitives_unseal(&with, out, in, size) ? 0 : -EBADMSG;
}
