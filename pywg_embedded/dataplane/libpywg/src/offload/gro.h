/* Generic receive offload: the packets of one burst are written to the TUN in
 * as few writes as possible.
 *
 * 1. Packets of one flow keep their order; flows may be reordered.
 * 2. Packets are aggregated only if segmentation restores them byte by byte,
 *    apart from the IPv4 id where DF makes it meaningless (RFC 6864).
 * 3. Packets are aggregated only if their checksums are valid; all others are
 *    written unchanged.
 */
#ifndef PYWG_GRO_H
#define PYWG_GRO_H

#include "offload/gro_flow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	GRO_MAX_PACKETS = 192, /* in one burst: 4 times 45 of 1420 bytes */
	GRO_MAX_PARTS = 64, /* in one write */
	GRO_HASH_SLOTS = 256, /* mostly empty, so that searches are short */
};

/* The large packets that the TUN accepts; equal to PYWG_TSO and PYWG_USO. */
enum gro_feature {
	GRO_TCP = 1,
	GRO_UDP = 2,
};

struct gro_packet {
	uint8_t *data;
	uint16_t length;
	uint8_t next; /* next packet of the aggregate */
};

/* Packets of one flow that become one write. */
struct gro_aggregate {
	struct gro_headers headers; /* of the first packet */
	uint32_t payload; /* of all packets together */
	uint8_t first;
	uint8_t last;
	uint8_t count;
	bool verified; /* the first packet's checksums are valid */
	bool complete; /* no packet may be added */
};

struct gro {
	unsigned features;
	unsigned packet_count;
	unsigned aggregate_count;
	uint8_t newest[GRO_HASH_SLOTS]; /* aggregate + 1 of a flow, or 0 */
	struct gro_packet packets[GRO_MAX_PACKETS];
	struct gro_aggregate aggregates[GRO_MAX_PACKETS];
};

/* Make one TUN write: the virtio-net header, the first packet, the payloads of
 * the others. If it returns false for an aggregate, its packets are written one
 * by one. */
typedef bool gro_write(void *context, const struct iovec *parts, int count);

/* Start empty, for a TUN with these features. */
void gro_init(struct gro *gro, unsigned features);

/* Add a packet of at most 65535 bytes, whose memory is used until the flush.
 * Return false if there is no room. */
bool gro_add(struct gro *gro, uint8_t *packet, size_t length);

/* Write all packets that were added. */
void gro_flush(struct gro *gro, gro_write *write, void *context);

#endif
