/* libpywg: moves WireGuard transport data between a TUN device and UDP sockets.
 *
 * 1. A plane is named by a handle, a small integer; no function returns a
 *    pointer to its state.
 * 2. pywg_open takes all memory, pywg_close returns it.
 * 3. An int below zero is a negated errno, and nothing was changed. Where
 *    nothing else is said, a function returns 0; -EBADF if the handle is not
 *    open; and where it takes a peer, -ENOENT if there is no such plane or
 *    peer.
 * 4. Times are milliseconds of CLOCK_BOOTTIME. Structures have no padding and
 *    the byte order of the machine; addresses are in network order. Structures
 *    in memory of the caller need not be aligned, except the events of
 *    pywg_wait (4 bytes); keys are 32 bytes.
 * 5. One thread makes all calls. Packets are received and taken from the TUN
 *    only inside pywg_wait.
 */
#ifndef PYWG_H
#define PYWG_H

#include <stddef.h>
#include <stdint.h>

#define PYWG_API __attribute__((visibility("default")))

/* The endpoint of a peer, and the local address that its packets arrived at. */
struct pywg_endpoint {
	uint8_t address[16];
	uint8_t source[16];
	uint32_t scope;
	uint32_t interface;
	uint16_t port; /* host order */
	uint8_t address_size; /* 4, 16, or 0 for none */
	uint8_t source_size; /* 4, 16, or 0 for none */
};

/* What is recorded of a peer; a time of 0 is never. core/facts.py defines the
 * fields. */
struct pywg_facts {
	uint64_t last_sent;
	uint64_t last_received;
	uint64_t last_data_sent;
	uint64_t data_sent_since;
	uint64_t data_received_since;
	uint64_t data_failed_since;
	uint64_t last_failed;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	struct pywg_endpoint endpoint;
	uint32_t padding;
};

struct pywg_allowed_ip {
	uint8_t address[16];
	uint8_t size; /* 4 or 16 */
	uint8_t cidr;
	uint8_t padding[2];
};

#define PYWG_NO_PEER UINT32_MAX

enum pywg_event_kind {
	/* A handshake message: data, length, endpoint of the sender; id: how
	 * many more are queued (more than are, under load). */
	PYWG_HANDSHAKE = 1,
	/* There is data to send, and no keypair or an old one; id: peer. */
	PYWG_HANDSHAKE_NEEDED = 2,
	/* First packet under a keypair derived as responder; id: peer. */
	PYWG_KEY_CONFIRMED = 3,
	/* First packet since the peer was last observed; id: peer. */
	PYWG_ACTIVE = 4,
	/* A watched descriptor is ready; id: descriptor. */
	PYWG_READY = 5,
	/* The TUN device was deleted; once. */
	PYWG_TUN_GONE = 6,
};

struct pywg_event {
	uint32_t kind;
	uint32_t id;
	uint32_t length;
	uint8_t data[148];
	struct pywg_endpoint endpoint;
};

/* Offloads, as bits. pywg_open probes TSO and USO, pywg_listen GSO and GRO; GSO
 * is also given up when the kernel refuses a send. */
enum pywg_offload {
	PYWG_TSO = 1, /* large TCP segments from and to the TUN */
	PYWG_USO = 2, /* large UDP segments from and to the TUN */
	PYWG_GSO = 4, /* many datagrams in one send */
	PYWG_GRO = 8, /* many datagrams in one receive */
};

/* Return the version of the package that this library belongs to. */
PYWG_API const char *pywg_version(void);

/* Open a plane over a TUN descriptor (IFF_NO_PI, and IFF_VNET_HDR for PYWG_TSO
 * and PYWG_USO), with room for so many peers, allowed IPs and staged packets in
 * all and for each peer. The caller keeps the descriptor and closes it after
 * pywg_close. Return a handle; -EMFILE (64 planes), -ENOMEM, -ENOSYS (no
 * cipher), -EIO (no randomness), or an error of the descriptor. */
PYWG_API int pywg_open(int tun, uint32_t peers, uint32_t allowed_ips,
		       uint32_t staged, uint32_t staged_per_peer,
		       uint32_t offloads);
/* Close a plane: end its thread, wipe its keys, close its sockets. */
PYWG_API int pywg_close(int handle);
/* Return the bytes of table `table` (0, 1, ...) under these limits; 0 if there
 * is no such table. */
PYWG_API uint64_t pywg_table_size(uint32_t table, uint32_t peers,
				  uint32_t allowed_ips, uint32_t staged);
/* Return the name of table `table`; NULL if there is no such table. */
PYWG_API const char *pywg_table_name(uint32_t table);
/* Return the offloads in use, as bits. */
PYWG_API int pywg_offloads(int handle);
/* Use 1 thread (default), or 2: pywg_wait receives on a thread of its own.
 * Return how many are used, 1 on a single core; -EINVAL for another number. */
PYWG_API int pywg_set_threads(int handle, uint32_t threads);
/* Stop the clock at this time, for tests; 0 lets it run again. */
PYWG_API int pywg_set_time(int handle, uint64_t now);

/* Add a peer that does not exist. -EEXIST if it exists, which changes nothing;
 * -ENOSPC if its id is not below the limit of peers, -EBADF if the handle is
 * not open. */
PYWG_API int pywg_add_peer(int handle, uint32_t peer);
/* Remove a peer with its keypairs, staged packets, allowed IPs and events. */
PYWG_API int pywg_remove_peer(int handle, uint32_t peer);
/* Set the endpoint of a peer. */
PYWG_API int pywg_set_endpoint(int handle, uint32_t peer,
			       const struct pywg_endpoint *endpoint);
/* Record that a handshake message of `size` bytes was sent to a peer: it
 * answers data that was received. */
PYWG_API int pywg_record_handshake_sent(int handle, uint32_t peer,
					uint32_t size);
/* Record that an authentic handshake message of `size` bytes was received from
 * a peer: it answers data that was sent, and the peer roams to `source`. */
PYWG_API int pywg_record_handshake_received(int handle, uint32_t peer,
					    uint32_t size,
					    const struct pywg_endpoint *source);
/* Let the kernel choose the source address for a peer again. */
PYWG_API int pywg_clear_source(int handle, uint32_t peer);
/* Move `count` prefixes to a peer, from whichever peer has them. Return how
 * many were moved: fewer than `count` if the table is full. -EINVAL, before
 * any, for a malformed prefix. */
PYWG_API int pywg_allow(int handle, uint32_t peer,
			const struct pywg_allowed_ip *ips, uint32_t count);
/* Remove a prefix from a peer, if it has it; `size` is that of the address.
 * -EINVAL for a malformed prefix. */
PYWG_API int pywg_disallow(int handle, uint32_t peer, const uint8_t *address,
			   uint32_t size, uint32_t cidr);
/* Remove all prefixes from a peer. */
PYWG_API int pywg_disallow_all(int handle, uint32_t peer);
/* Write up to `room` prefixes of a peer, starting behind `*cursor` (0: with the
 * first), which is advanced. Return how many; 0 at the end. */
PYWG_API int pywg_allowed_ips(int handle, uint32_t peer, uint32_t *cursor,
			      struct pywg_allowed_ip *out, uint32_t room);
/* Write the peer that has exactly this prefix, or PYWG_NO_PEER, for each of
 * `count` prefixes. -EINVAL for a malformed prefix. */
PYWG_API int pywg_allowed_ip_owners(int handle,
				    const struct pywg_allowed_ip *ips,
				    uint32_t count, uint32_t *owners);
/* Return the number of prefixes of all peers. */
PYWG_API int pywg_allowed_ip_count(int handle);
/* Install a keypair: `keys` holds the key to send with and the key to receive
 * with. The initiator sends at once, to confirm it. With `keep_next` the next
 * keypair stays in its slot. */
PYWG_API int pywg_install_keypair(int handle, uint32_t peer,
				  const uint8_t *keys, uint32_t local_index,
				  uint32_t remote_index, uint64_t created_at,
				  int initiator, int keep_next);
/* Let the keypairs of a peer only receive from now on. */
PYWG_API int pywg_expire_keypairs(int handle, uint32_t peer);
/* Overwrite the keypairs of a peer. */
PYWG_API int pywg_wipe_keypairs(int handle, uint32_t peer);
/* Return 1 if a keypair has this local index, else 0. */
PYWG_API int pywg_has_index(int handle, uint32_t index);
/* Send the staged packets of a peer, or an empty one if there are none; without
 * a keypair, stage it and raise PYWG_HANDSHAKE_NEEDED. */
PYWG_API int pywg_send_keepalive(int handle, uint32_t peer);
/* Send the staged packets of a peer; without a keypair, raise
 * PYWG_HANDSHAKE_NEEDED for them. */
PYWG_API int pywg_send_staged(int handle, uint32_t peer);
/* Drop the staged packets of a peer. */
PYWG_API int pywg_purge_staged(int handle, uint32_t peer);
/* Write the facts of a peer; with `observe` its next packet raises PYWG_ACTIVE.
 */
PYWG_API int pywg_peer_facts(int handle, uint32_t peer, int observe,
			     struct pywg_facts *out);

/* Check mac1 of handshake messages with this public key of `size` bytes, 32, or
 * 0 for none: then all of them are dropped. -EINVAL for another size. */
PYWG_API int pywg_set_identity(int handle, const uint8_t *public,
			       uint32_t size);
/* Under load, answer with cookies made of this secret (32 bytes), for as long
 * as it is valid; without effect if there is no public key. */
PYWG_API int pywg_set_cookie_secret(int handle, const uint8_t *secret,
				    uint64_t made_at);
/* Accept a cookie reply to a message with this sender index. */
PYWG_API int pywg_expect_cookie(int handle, uint32_t index);

/* Listen on a UDP port, 0 for any, in place of the previous one, and let the
 * kernel choose the source addresses for all peers again. Return the port, or
 * an error of the socket with the previous one still open. */
PYWG_API int pywg_listen(int handle, uint32_t port);
/* Close the UDP sockets and drop the queued handshake messages. */
PYWG_API int pywg_unlisten(int handle);
/* Return the UDP port, 0 for none. */
PYWG_API int pywg_port(int handle);
/* Set the fwmark of the UDP sockets, 0 for none, and let the kernel choose the
 * source addresses for all peers again; -EPERM if not permitted. */
PYWG_API int pywg_set_fwmark(int handle, uint32_t fwmark);
/* Send ICMP errors on these raw sockets, -1 for none: one of IPPROTO_RAW for
 * IPv4, one of IPPROTO_ICMPV6 for IPv6; the kernel chooses the source address.
 * The caller keeps them, and closes them after pywg_close. Without one, IPv4
 * errors are written to the TUN, from 192.0.0.8, and IPv6 errors not sent. */
PYWG_API int pywg_set_icmp_sockets(int handle, int v4, int v6);
/* Pad packets to this size at most. */
PYWG_API int pywg_set_mtu(int handle, uint32_t mtu);
/* Return 1 if the kernel would send from the source address of an endpoint
 * through its interface, or does not tell; else 0: the source address does not
 * fit the route. pywg_wait does this for transport data and cookie replies,
 * whenever routes have changed. */
PYWG_API int pywg_check_source(int handle,
			       const struct pywg_endpoint *endpoint);
/* Send one handshake message. Return 1 if it was sent, else 0: a failed send is
 * counted as a drop. */
PYWG_API int pywg_send_datagram(int handle, const uint8_t *data,
				uint32_t length,
				const struct pywg_endpoint *endpoint);
/* Raise PYWG_READY when a descriptor is readable, or writable. -ENOSPC for the
 * 65th descriptor. */
PYWG_API int pywg_watch(int handle, int descriptor, int writable);
/* Stop watching a descriptor; before it is closed. -ENOENT if it is not
 * watched. */
PYWG_API int pywg_unwatch(int handle, int descriptor);
/* Move packets until there is an event, or for `timeout` milliseconds (-1: no
 * limit). Return the number of events, at most `room`, which is at least 2;
 * -EINVAL if it is not. */
PYWG_API int pywg_wait(int handle, int timeout, struct pywg_event *events,
		       uint32_t room);

/* Return how many packets were dropped for reason `reason` (0, 1, ...). */
PYWG_API uint64_t pywg_drops(int handle, uint32_t reason);
/* Return the identifier of reason `reason`; NULL if there is no such reason. */
PYWG_API const char *pywg_drop_reason(uint32_t reason);

/* Reduce the capabilities of this thread, and of those that it starts, to these
 * bits of capabilities(7), for good. Return 0, or an error of capset(2). */
PYWG_API int pywg_keep_capabilities(uint32_t low, uint32_t high);
/* Forbid this thread, and those that it starts, by landlock(7), to start
 * programs, to signal other processes, and to create, change or remove files
 * but those below `paths`: each of `size` bytes in all ends with a NUL byte.
 * Files that are open stay as they are. Return the version of Landlock, or
 * -ENOSYS or -EOPNOTSUPP if the kernel has none. */
PYWG_API int pywg_restrict_writes(const uint8_t *paths, uint32_t size);
/* Forbid core dumps of this process, and ptrace(2) of it by processes without
 * CAP_SYS_PTRACE. Return 0, or an error of setrlimit(2) or prctl(2). */
PYWG_API int pywg_forbid_dumps(void);
/* Keep the keys of a plane out of swap; not inherited by fork(2). Return 0, or
 * an error of mlock2(2): without CAP_IPC_LOCK, RLIMIT_MEMLOCK is the limit. */
PYWG_API int pywg_lock_keys(int handle);
/* Release the read-only pages of the program and its libraries; those that are
 * used again are read from the files. */
PYWG_API int pywg_trim(void);
/* Return 1 if the kernel counts the wall clock as set by NTP (no STA_UNSYNC),
 * else 0; or an error of adjtimex(2). */
PYWG_API int pywg_clock_is_synchronized(void);

/* The primitives of a handshake, for a Python that has none. */

/* Write `size` random bytes. Return 0, or an error of getrandom(2). */
PYWG_API int pywg_random(uint8_t *out, uint32_t size);
/* Return 1 if two secrets are equal, else 0; in constant time. */
PYWG_API int pywg_equal(const uint8_t *a, const uint8_t *b, uint32_t size);
/* Write a BLAKE2s hash of 1 to 32 bytes, keyed unless `key_size` is 0. -EINVAL
 * for another size. */
PYWG_API int pywg_blake2s(uint8_t *out, uint32_t out_size, const uint8_t *data,
			  uint32_t size, const uint8_t *key, uint32_t key_size);
/* Keep memory out of swap, as pywg_lock_keys does. Return 0, or its errors. */
PYWG_API int pywg_lock_memory(const uint8_t *memory, uint32_t size);
/* Write `count` outputs of HKDF (paper 5.4), 32 bytes each, of a key of 32
 * bytes. */
PYWG_API int pywg_kdf(uint8_t *out, uint32_t count, const uint8_t *key,
		      const uint8_t *data, uint32_t size);
/* Write the X25519 public key of a private key; -ENOSYS if the library fails.
 */
PYWG_API int pywg_public_key(uint8_t *public, const uint8_t *private);
/* Write the X25519 shared secret; -EINVAL if it is zero. */
PYWG_API int pywg_dh(uint8_t *shared, const uint8_t *private,
		     const uint8_t *public);
/* Encrypt `size` bytes and append a tag of 16: ChaCha20-Poly1305 with a nonce
 * of 12 bytes, XChaCha20-Poly1305 with one of 24. -EINVAL for another nonce
 * size, -ENOSYS if the library fails. */
PYWG_API int pywg_seal(uint8_t *out, const uint8_t *in, uint32_t size,
		       const uint8_t *aad, uint32_t aad_size,
		       const uint8_t *nonce, uint32_t nonce_size,
		       const uint8_t *key);
/* Decrypt `size` bytes, tag included. -EINVAL for another nonce size, -EBADMSG
 * if they are not authentic. */
PYWG_API int pywg_unseal(uint8_t *out, const uint8_t *in, uint32_t size,
			 const uint8_t *aad, uint32_t aad_size,
			 const uint8_t *nonce, uint32_t nonce_size,
			 const uint8_t *key);

#endif
