/* libpywg: moves WireGuard's transport data between a TUN and UDP sockets.
 *
 * 1. A plane is a small number; nothing here hands out a pointer.
 * 2. All memory is taken by pywg_open and given back by pywg_close.
 * 3. A result below zero is a negated errno; nothing was changed then.
 * 4. Times are milliseconds of CLOCK_BOOTTIME. Structures have no padding and
 *    the machine's byte order; addresses and ports within are as noted.
 * 5. One thread calls; only pywg_wait moves packets.
 */
#ifndef PYWG_H
#define PYWG_H

#include <stddef.h>
#include <stdint.h>

#define PYWG_API __attribute__((visibility("default")))

/* Where a peer is, and the local address that it spoke to (size 0: unknown). */
struct pywg_endpoint {
	uint8_t address[16];
	uint8_t source[16];
	uint32_t scope;
	uint32_t interface;
	uint16_t port; /* host order */
	uint8_t address_size; /* 4, 16, or 0 for none */
	uint8_t source_size; /* 4, 16, or 0 for none */
};

/* What was recorded of a peer; 0 for never. See core/facts.py for the meaning.
 */
struct pywg_facts {
	uint64_t last_sent;
	uint64_t last_received;
	uint64_t last_data_sent;
	uint64_t data_sent_since;
	uint64_t data_received_since;
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
	PYWG_HANDSHAKE = 1, /* data, length, endpoint; id: the backlog */
	PYWG_HANDSHAKE_NEEDED = 2, /* id: peer */
	PYWG_KEY_CONFIRMED = 3, /* id: peer */
	PYWG_ACTIVE = 4, /* id: peer */
	PYWG_READY = 5, /* id: descriptor */
	PYWG_TUN_GONE = 6,
};

struct pywg_event {
	uint32_t kind;
	uint32_t id;
	uint32_t length;
	uint8_t data[148];
	struct pywg_endpoint endpoint;
};

/* Offloads, as bits; what the kernel lacks is left out at run time. */
enum pywg_offload {
	PYWG_TSO = 1, /* large TCP segments out of the TUN, and into it */
	PYWG_USO = 2, /* the same for UDP */
	PYWG_GSO = 4, /* many datagrams in one send */
	PYWG_GRO = 8, /* many datagrams in one receive */
};

/* Of the package that this library is a part of. */
PYWG_API const char *pywg_version(void);

/* A plane over an open TUN descriptor (IFF_NO_PI, with IFF_VNET_HDR for any
 * offload but GSO and GRO); the descriptor stays the caller's. */
PYWG_API int pywg_open(int tun, uint32_t peers, uint32_t allowed_ips,
		       uint32_t staged, uint32_t staged_per_peer,
		       uint32_t offloads);
PYWG_API int pywg_close(int plane);
/* The bytes of table number `table` under these limits, 0 beyond the last. */
PYWG_API uint64_t pywg_table_size(uint32_t table, uint32_t peers,
				  uint32_t allowed_ips, uint32_t staged);
PYWG_API const char *pywg_table_name(uint32_t table);
/* The offloads in use by now. */
PYWG_API int pywg_offloads(int plane);
/* Move packets in this many lanes: 1, as from the start, or 2, where pywg_wait
 * receives on a thread of its own; answers how many there are then: one core
 * has but one. */
PYWG_API int pywg_set_threads(int plane, uint32_t threads);
/* Stop the clock at this time, for tests; 0 lets it run again. */
PYWG_API int pywg_set_time(int plane, uint64_t now);

PYWG_API int pywg_add_peer(int plane, uint32_t peer);
PYWG_API int pywg_remove_peer(int plane, uint32_t peer);
PYWG_API int pywg_set_endpoint(int plane, uint32_t peer,
			       const struct pywg_endpoint *endpoint);
/* A handshake message of this size goes to the peer, or came authenticated from
 * `source`, where the peer now is; either answers data of the other side. */
PYWG_API int pywg_note_handshake_sent(int plane, uint32_t peer, uint32_t size);
PYWG_API int pywg_note_handshake_received(int plane, uint32_t peer,
					  uint32_t size,
					  const struct pywg_endpoint *source);
PYWG_API int pywg_clear_source(int plane, uint32_t peer);
/* Give `count` allowed IPs to a peer, whoever had them; answers how many it
 * got, fewer if the table is full. */
PYWG_API int pywg_allow(int plane, uint32_t peer,
			const struct pywg_allowed_ip *ips, uint32_t count);
PYWG_API int pywg_disallow(int plane, uint32_t peer, const uint8_t *address,
			   uint32_t size, uint32_t cidr);
PYWG_API int pywg_disallow_all(int plane, uint32_t peer);
/* Up to `room` allowed IPs of a peer from `*cursor` on (0: from the start);
 * answers how many, 0 at the end. */
PYWG_API int pywg_allowed_ips(int plane, uint32_t peer, uint32_t *cursor,
			      struct pywg_allowed_ip *out, uint32_t room);
/* The peers that have exactly these prefixes, PYWG_NO_PEER for none. */
PYWG_API int pywg_allowed_ip_owners(int plane,
				    const struct pywg_allowed_ip *ips,
				    uint32_t count, uint32_t *owners);
PYWG_API int pywg_allowed_ip_count(int plane);
/* keys: 32 bytes to send with, 32 to receive with. */
PYWG_API int pywg_install_keypair(int plane, uint32_t peer, const uint8_t *keys,
				  uint32_t local_index, uint32_t remote_index,
				  uint64_t created_at, int initiator,
				  int keep_next);
PYWG_API int pywg_expire_keypairs(int plane, uint32_t peer);
PYWG_API int pywg_wipe_keypairs(int plane, uint32_t peer);
PYWG_API int pywg_has_index(int plane, uint32_t index);
PYWG_API int pywg_send_keepalive(int plane, uint32_t peer);
PYWG_API int pywg_send_staged(int plane, uint32_t peer);
PYWG_API int pywg_purge_staged(int plane, uint32_t peer);
/* The facts; with `observe` the next packet of this peer raises PYWG_ACTIVE. */
PYWG_API int pywg_peer_facts(int plane, uint32_t peer, int observe,
			     struct pywg_facts *out);

/* Handshake messages must show that they know this public key (32 bytes, or 0
 * for none: then none passes). */
PYWG_API int pywg_set_identity(int plane, const uint8_t *public, uint32_t size);
/* Under load, answer with cookies made of this secret (32 bytes) until it is
 * too old. */
PYWG_API int pywg_set_cookie_secret(int plane, const uint8_t *secret,
				    uint64_t made_at);
/* A message goes out under this index, that a cookie reply may answer. */
PYWG_API int pywg_expect_cookie(int plane, uint32_t index);

/* Take this UDP port, 0 for any, in place of the one before; answers it. */
PYWG_API int pywg_listen(int plane, uint32_t port);
PYWG_API int pywg_unlisten(int plane);
PYWG_API int pywg_port(int plane);
PYWG_API int pywg_set_fwmark(int plane, uint32_t fwmark);
PYWG_API int pywg_set_mtu(int plane, uint32_t mtu);
PYWG_API int pywg_send_datagram(int plane, const uint8_t *data, uint32_t length,
				const struct pywg_endpoint *endpoint);
PYWG_API int pywg_watch(int plane, int descriptor, int writable);
PYWG_API int pywg_unwatch(int plane, int descriptor);
/* Move packets until there is an event or `timeout` is over (-1: never);
 * answers how many events there are. */
PYWG_API int pywg_wait(int plane, int timeout, struct pywg_event *events,
		       uint32_t room);

/* How often a packet was dropped for reason number `reason`. */
PYWG_API uint64_t pywg_drops(int plane, uint32_t reason);
/* The reason in words, NULL beyond the last. */
PYWG_API const char *pywg_drop_reason(uint32_t reason);

/* This thread, and those that it starts, may do no more than these bits of
 * capabilities(7) say, and never again. */
PYWG_API int pywg_keep_capabilities(uint32_t low, uint32_t high);
/* Let go of the pages of this process' program and libraries that nothing
 * writes to: those still needed come back from the file by themselves. */
PYWG_API int pywg_trim(void);

/* The primitives of a handshake, for a Python that lacks them. */
PYWG_API int pywg_random(uint8_t *out, uint32_t size);
/* Whether two secrets are the same, in constant time. */
PYWG_API int pywg_equal(const uint8_t *a, const uint8_t *b, uint32_t size);
/* BLAKE2s of 1 to 32 bytes, keyed unless `key_size` is 0. */
PYWG_API int pywg_blake2s(uint8_t *out, uint32_t out_size, const uint8_t *data,
			  uint32_t size, const uint8_t *key, uint32_t key_size);
/* X25519, 32 bytes each; -EINVAL for a shared secret of zeros. */
PYWG_API int pywg_public_key(uint8_t *public, const uint8_t *private);
PYWG_API int pywg_dh(uint8_t *shared, const uint8_t *private,
		     const uint8_t *public);
/* ChaCha20-Poly1305 if the nonce has 12 bytes, XChaCha20-Poly1305 if 24. A
 * sealed text is 16 bytes longer; `size` is that of `in`. -EBADMSG for one that
 * is not authentic. */
PYWG_API int pywg_seal(uint8_t *out, const uint8_t *in, uint32_t size,
		       const uint8_t *aad, uint32_t aad_size,
		       const uint8_t *nonce, uint32_t nonce_size,
		       const uint8_t *key);
PYWG_API int pywg_unseal(uint8_t *out, const uint8_t *in, uint32_t size,
			 const uint8_t *aad, uint32_t aad_size,
			 const uint8_t *nonce, uint32_t nonce_size,
			 const uint8_t *key);

#endif
