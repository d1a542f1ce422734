/* What TCP or UDP packets must have in common to travel as one, and what the
 * headers of that one say. */
#ifndef PYWG_GRO_FLOW_H
#define PYWG_GRO_FLOW_H

#include "offload/virtio_net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No packet that may be merged has longer headers: IPv6 and TCP's options. */
#define GRO_MAX_HEADERS (40 + 60)

enum gro_verdict {
	GRO_MERGE, /* with its like */
	GRO_ALONE, /* alone, but in the order of its flow */
	GRO_NO_FLOW, /* alone: nothing that is merged is of its flow */
	GRO_UNKNOWN_FLOW, /* alone: it may be of any flow */
};

/* Where things are in a packet of a flow. */
struct gro_headers {
	uint32_t flow; /* a hash, the same for all packets of one flow */
	uint16_t payload;
	uint8_t version;
	uint8_t protocol;
	uint8_t transport; /* offset of the TCP or UDP header */
	uint8_t size; /* bytes before the payload */
};

/* `headers` is written for GRO_MERGE; for GRO_ALONE, only its flow. */
enum gro_verdict gro_parse(struct gro_headers *headers, const uint8_t *packet,
			   size_t length);

/* Both checksums are right. */
bool gro_verify_checksums(const struct gro_headers *headers,
			  const uint8_t *packet);

/* `next` continues a run of `count` packets with `payload` bytes in all. */
bool gro_can_append(const struct gro_headers *headers, const uint8_t *first,
		    uint8_t count, uint32_t payload,
		    const struct gro_headers *next_headers,
		    const uint8_t *next);

/* Nothing may follow this packet in its run, which `headers` began. */
bool gro_ends_batch(const struct gro_headers *headers,
		    const struct gro_headers *next_headers,
		    const uint8_t *next);

/* Rewrite the headers of the first packet to speak for `payload` bytes, of
 * which `last` brought the last. */
struct virtio_net_header gro_rewrite_headers(const struct gro_headers *headers,
					     uint8_t *first, uint32_t payload,
					     const uint8_t *last);

#endif
