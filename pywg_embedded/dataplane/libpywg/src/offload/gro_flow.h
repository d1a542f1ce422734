/* Which TCP or UDP packets may be aggregated, and the headers of the aggregate.
 */
#ifndef PYWG_GRO_FLOW_H
#define PYWG_GRO_FLOW_H

#include "offload/virtio_net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest headers of a packet that may be aggregated: IPv6, TCP and its
 * options. */
#define GRO_MAX_HEADERS (40 + 60)

enum gro_verdict {
	GRO_MERGE, /* may be aggregated */
	GRO_ALONE, /* written alone, in the order of its flow */
	GRO_NO_FLOW, /* written alone: no aggregate is of its flow */
	GRO_UNKNOWN_FLOW, /* written alone: it may be of any flow */
};

/* The layout of a packet of a flow. */
struct gro_headers {
	uint32_t flow; /* a hash, equal for all packets of one flow */
	uint16_t payload;
	uint8_t version;
	uint8_t protocol;
	uint8_t transport; /* offset of the TCP or UDP header */
	uint8_t size; /* bytes before the payload */
};

/* Write `headers` for GRO_MERGE; for GRO_ALONE, its flow only. */
enum gro_verdict gro_parse(struct gro_headers *headers, const uint8_t *packet,
			   size_t length);

/* Return whether both checksums are valid. */
bool gro_verify_checksums(const struct gro_headers *headers,
			  const uint8_t *packet);

/* Return whether `next` continues an aggregate of `count` packets with
 * `payload` bytes in all. */
bool gro_can_append(const struct gro_headers *headers, const uint8_t *first,
		    uint8_t count, uint32_t payload,
		    const struct gro_headers *next_headers,
		    const uint8_t *next);

/* Return whether this packet is the last of its aggregate, which began with
 * `headers`. */
bool gro_ends_aggregate(const struct gro_headers *headers,
			const struct gro_headers *next_headers,
			const uint8_t *next);

/* Rewrite the headers of the first packet for `payload` bytes, the last of
 * which are from the packet `last`. Return the virtio-net header. */
struct virtio_net_header gro_rewrite_headers(const struct gro_headers *headers,
					     uint8_t *first, uint32_t payload,
					     const uint8_t *last);

#endif
