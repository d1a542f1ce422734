#include "offload/gro.h"
#include "net/ip.h"

#include <string.h>

/* The aggregates of a flow are in the order of its packets, and only the newest
 * is extended. */

static void gro_forget_flows(struct gro *gro)
{
	memset(gro->newest, 0, sizeof(gro->newest));
}

static void gro_clear(struct gro *gro)
{
	gro->packet_count = 0;
	gro->aggregate_count = 0;
	gro_forget_flows(gro);
}

void gro_init(struct gro *gro, unsigned features)
{
	gro->features = features;
	gro_clear(gro);
}

static bool gro_is_enabled(const struct gro *gro,
			   const struct gro_headers *headers)
{
	unsigned feature =
		headers->protocol == IP_PROTOCOL_TCP ? GRO_TCP : GRO_UDP;

	return gro->features & feature;
}

static struct gro_aggregate *gro_aggregate_at(struct gro *gro,
					      const uint8_t *slot)
{
	return *slot ? &gro->aggregates[*slot - 1] : NULL;
}

/* The slot of the newest aggregate of this flow, or an empty one. */
static uint8_t *gro_find_slot(struct gro *gro, uint32_t flow)
{
	unsigned at = flow >> 24; /* the upper bits are the hashed ones */
	const struct gro_aggregate *aggregate;

	while ((aggregate = gro_aggregate_at(gro, &gro->newest[at])) &&
	       aggregate->headers.flow != flow)
		at = (at + 1) % GRO_HASH_SLOTS;
	return &gro->newest[at];
}

static bool gro_verify_first(struct gro_aggregate *aggregate,
			     const uint8_t *first)
{
	if (!aggregate->verified)
		aggregate->verified =
			gro_verify_checksums(&aggregate->headers, first);
	return aggregate->verified;
}

static bool gro_append(struct gro *gro, struct gro_aggregate *aggregate,
		       const struct gro_headers *headers, uint8_t index)
{
	const uint8_t *first = gro->packets[aggregate->first].data;
	const uint8_t *packet = gro->packets[index].data;

	if (!gro_can_append(&aggregate->headers, first, aggregate->count,
			    aggregate->payload, headers, packet))
		return false;
	if (!gro_verify_first(aggregate, first) ||
	    !gro_verify_checksums(headers, packet))
		return false;
	gro->packets[aggregate->last].next = index;
	aggregate->last = index;
	aggregate->payload += headers->payload;
	aggregate->count++;
	return true;
}

/* Begin an aggregate with this packet. */
static struct gro_aggregate *
gro_start_aggregate(struct gro *gro, const struct gro_headers *headers,
		    uint8_t index)
{
	struct gro_aggregate *aggregate =
		&gro->aggregates[gro->aggregate_count++];

	*aggregate = (struct gro_aggregate){
		.headers = *headers,
		.payload = headers->payload,
		.first = index,
		.last = index,
		.count = 1,
	};
	return aggregate;
}

/* Add a packet behind those of its flow. */
static void gro_place(struct gro *gro, const struct gro_headers *headers,
		      uint8_t index, bool mergeable)
{
	const uint8_t *packet = gro->packets[index].data;
	uint8_t *slot = gro_find_slot(gro, headers->flow);
	struct gro_aggregate *aggregate = gro_aggregate_at(gro, slot);

	if (!mergeable || !aggregate || aggregate->complete ||
	    !gro_append(gro, aggregate, headers, index)) {
		aggregate = gro_start_aggregate(gro, headers, index);
		*slot = (uint8_t)(aggregate - gro->aggregates + 1);
	}
	aggregate->complete =
		!mergeable || aggregate->count == GRO_MAX_PARTS - 1 ||
		gro_ends_aggregate(&aggregate->headers, headers, packet);
}

bool gro_add(struct gro *gro, uint8_t *packet, size_t length)
{
	struct gro_headers headers = {0};
	enum gro_verdict verdict;
	uint8_t index;

	if (gro->packet_count == GRO_MAX_PACKETS)
		return false;
	index = (uint8_t)gro->packet_count++;
	gro->packets[index].data = packet;
	gro->packets[index].length = (uint16_t)length;
	verdict = gro_parse(&headers, packet, length);
	if (verdict == GRO_MERGE && !gro_is_enabled(gro, &headers))
		verdict = GRO_NO_FLOW;
	if (verdict == GRO_UNKNOWN_FLOW)
		gro_forget_flows(gro);
	if (verdict == GRO_MERGE || verdict == GRO_ALONE)
		gro_place(gro, &headers, index, verdict == GRO_MERGE);
	else
		gro_start_aggregate(gro, &headers, index);
	return true;
}

static struct iovec gro_part(uint8_t *data, size_t length)
{
	return (struct iovec){.iov_base = data, .iov_len = length};
}

/* Write each packet unchanged, with an empty virtio-net header: the checksum of
 * a single packet was mostly not verified, and the kernel verifies what it
 * delivers. */
static void gro_write_singly(struct gro *gro,
			     const struct gro_aggregate *aggregate,
			     gro_write *write, void *context)
{
	uint8_t vnet[VIRTIO_NET_HDR_SIZE] = {0};
	uint8_t index = aggregate->first;

	for (uint8_t n = 0; n < aggregate->count; n++) {
		struct gro_packet *packet = &gro->packets[index];
		struct iovec parts[2] = {
			gro_part(vnet, VIRTIO_NET_HDR_SIZE),
			gro_part(packet->data, packet->length),
		};

		write(context, parts, 2);
		index = packet->next;
	}
}

/* Write the packets as one. False if the write was refused: the packets are
 * then unchanged. */
static bool gro_write_aggregate(struct gro *gro,
				const struct gro_aggregate *aggregate,
				gro_write *write, void *context)
{
	struct gro_packet *packets = gro->packets;
	struct gro_packet *first = &packets[aggregate->first];
	size_t skip = aggregate->headers.size;
	struct iovec parts[GRO_MAX_PARTS];
	uint8_t vnet[VIRTIO_NET_HDR_SIZE], headers[GRO_MAX_HEADERS];
	uint8_t index = first->next;
	struct virtio_net_header virtio_net_header;

	memcpy(headers, first->data, skip);
	virtio_net_header = gro_rewrite_headers(&aggregate->headers,
						first->data, aggregate->payload,
						packets[aggregate->last].data);
	virtio_net_store(vnet, &virtio_net_header);
	parts[0] = gro_part(vnet, VIRTIO_NET_HDR_SIZE);
	parts[1] = gro_part(first->data, first->length);
	for (int n = 2; n <= aggregate->count; n++) {
		parts[n] = gro_part(packets[index].data + skip,
				    packets[index].length - skip);
		index = packets[index].next;
	}
	if (write(context, parts, aggregate->count + 1))
		return true;
	memcpy(first->data, headers, skip);
	return false;
}

void gro_flush(struct gro *gro, gro_write *write, void *context)
{
	for (unsigned n = 0; n < gro->aggregate_count; n++) {
		const struct gro_aggregate *aggregate = &gro->aggregates[n];

		if (aggregate->count == 1 ||
		    !gro_write_aggregate(gro, aggregate, write, context))
			gro_write_singly(gro, aggregate, write, context);
	}
	gro_clear(gro);
}
