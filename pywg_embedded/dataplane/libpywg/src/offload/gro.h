/* Coalescing: the packets of one burst go to the TUN in as few writes as may
 * be.
 *
 * 1. Packets of one flow keep their order; flows may change places.
 * 2. Only what segmentation would give back byte by byte is merged, apart from
 *    the IPv4 id where DF makes it meaningless (RFC 6864).
 * 3. Checksums of all that is merged were right; the rest goes out as it came.
 */
#ifndef PYWG_GRO_H
#define PYWG_GRO_H

#include "offload/gro_flow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	GRO_MAX_PACKETS = 192, /* of one burst: 4 times 45 of 1420 bytes */
	GRO_MAX_PARTS = 64, /* of one write */
	GRO_HASH_SLOTS = 256, /* so few in use that searches are short */
};

/* What the TUN takes in large packets; equal to PYWG_TSO and PYWG_USO. */
enum gro_feature {
	GRO_TCP = 1,
	GRO_UDP = 2,
};

struct gro_packet {
	uint8_t *data;
	uint16_t length;
	uint8_t next; /* of the same run, in order */
};

/* Packets that become one write. */
struct gro_batch {
	struct gro_headers headers; /* of the first packet */
	uint32_t payload; /* of all packets together */
	uint8_t first;
	uint8_t last;
	uint8_t count;
	bool verified; /* the first packet's checksums are right */
	bool complete; /* nothing may join any more */
};

struct gro {
	unsigned features;
	unsigned packet_count;
	unsigned run_count;
	uint8_t newest[GRO_HASH_SLOTS]; /* run + 1 of a flow; 0 for none */
	struct gro_packet packets[GRO_MAX_PACKETS];
	struct gro_batch runs[GRO_MAX_PACKETS];
};

/* One TUN write: the vnet header, the first packet, payloads of the others.
 * False has the packets of a large write come again one by one. */
typedef bool gro_write(void *context, const struct iovec *parts, int count);

/* Empty, for packets to a TUN with these features. */
void gro_init(struct gro *gro, unsigned features);

/* Take a packet of at most 65535 bytes, whose memory is lent until the flush;
 * false when full. */
bool gro_add(struct gro *gro, uint8_t *packet, size_t length);

/* Write all that was added; empty afterwards, features as before. */
void gro_flush(struct gro *gro, gro_write *write, void *context);

#endif
