#include "offload/gro.h"
#include "net/ip.h"

#include <string.h>

/* A flow's runs lie in the order of their packets, and only the newest of them
 * may grow. */

static void gro_forget_flows(struct gro *gro)
{
	memset(gro->newest, 0, sizeof(gro->newest));
}

static void gro_clear(struct gro *gro)
{
	gro->packet_count = 0;
	gro->run_count = 0;
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

static struct gro_batch *gro_batch_at(struct gro *gro, const uint8_t *slot)
{
	return *slot ? &gro->runs[*slot - 1] : NULL;
}

/* Where the newest run of this flow is noted, or may be. */
static uint8_t *gro_find_slot(struct gro *gro, uint32_t flow)
{
	unsigned at = flow >> 24; /* the upper bits are the mixed ones */
	const struct gro_batch *run;

	while ((run = gro_batch_at(gro, &gro->newest[at])) &&
	       run->headers.flow != flow)
		at = (at + 1) % GRO_HASH_SLOTS;
	return &gro->newest[at];
}

static bool gro_verify_first(struct gro_batch *run, const uint8_t *first)
{
	if (!run->verified)
		run->verified = gro_verify_checksums(&run->headers, first);
	return run->verified;
}

static bool gro_append(struct gro *gro, struct gro_batch *run,
		       const struct gro_headers *headers, uint8_t number)
{
	const uint8_t *first = gro->packets[run->first].data;
	const uint8_t *packet = gro->packets[number].data;

	if (!gro_can_append(&run->headers, first, run->count, run->payload,
			    headers, packet))
		return false;
	if (!gro_verify_first(run, first) ||
	    !gro_verify_checksums(headers, packet))
		return false;
	gro->packets[run->last].next = number;
	run->last = number;
	run->payload += headers->payload;
	run->count++;
	return true;
}

/* The run that this packet begins. */
static struct gro_batch *gro_start_batch(struct gro *gro,
					 const struct gro_headers *headers,
					 uint8_t number)
{
	struct gro_batch *run = &gro->runs[gro->run_count++];

	*run = (struct gro_batch){
		.headers = *headers,
		.payload = headers->payload,
		.first = number,
		.last = number,
		.count = 1,
	};
	return run;
}

/* Put a packet behind those of its flow. */
static void gro_place(struct gro *gro, const struct gro_headers *headers,
		      uint8_t number, bool mergeable)
{
	const uint8_t *packet = gro->packets[number].data;
	uint8_t *slot = gro_find_slot(gro, headers->flow);
	struct gro_batch *run = gro_batch_at(gro, slot);

	if (!mergeable || !run || run->complete ||
	    !gro_append(gro, run, headers, number)) {
		run = gro_start_batch(gro, headers, number);
		*slot = (uint8_t)(run - gro->runs + 1);
	}
	run->complete = !mergeable || run->count == GRO_MAX_PARTS - 1 ||
			gro_ends_batch(&run->headers, headers, packet);
}

bool gro_add(struct gro *gro, uint8_t *packet, size_t length)
{
	struct gro_headers headers = {0};
	enum gro_verdict verdict;
	uint8_t number;

	if (gro->packet_count == GRO_MAX_PACKETS)
		return false;
	number = (uint8_t)gro->packet_count++;
	gro->packets[number].data = packet;
	gro->packets[number].length = (uint16_t)length;
	verdict = gro_parse(&headers, packet, length);
	if (verdict == GRO_MERGE && !gro_is_enabled(gro, &headers))
		verdict = GRO_NO_FLOW;
	if (verdict == GRO_UNKNOWN_FLOW)
		gro_forget_flows(gro);
	if (verdict == GRO_MERGE || verdict == GRO_ALONE)
		gro_place(gro, &headers, number, verdict == GRO_MERGE);
	else
		gro_start_batch(gro, &headers, number);
	return true;
}

static struct iovec gro_part(uint8_t *data, size_t length)
{
	return (struct iovec){.iov_base = data, .iov_len = length};
}

/* Each packet of a run as it came. Nothing is claimed of it: what is alone was
 * seldom verified, and the kernel looks only at what it delivers itself. */
static void gro_write_singly(struct gro *gro, const struct gro_batch *run,
			     gro_write *write, void *context)
{
	uint8_t vnet[VIRTIO_NET_HDR_SIZE] = {0};
	uint8_t number = run->first;

	for (uint8_t n = 0; n < run->count; n++) {
		struct gro_packet *packet = &gro->packets[number];
		struct iovec parts[2] = {
			gro_part(vnet, VIRTIO_NET_HDR_SIZE),
			gro_part(packet->data, packet->length),
		};

		write(context, parts, 2);
		number = packet->next;
	}
}

/* The packets of a run as one; false if it was not taken, and then they are
 * again as they came. */
static bool gro_write_merged(struct gro *gro, const struct gro_batch *run,
			     gro_write *write, void *context)
{
	struct gro_packet *packets = gro->packets;
	struct gro_packet *first = &packets[run->first];
	size_t skip = run->headers.size;
	struct iovec parts[GRO_MAX_PARTS];
	uint8_t vnet[VIRTIO_NET_HDR_SIZE], headers[GRO_MAX_HEADERS];
	uint8_t number = first->next;
	struct virtio_net_header virtio_net_header;

	memcpy(headers, first->data, skip);
	virtio_net_header =
		gro_rewrite_headers(&run->headers, first->data, run->payload,
				    packets[run->last].data);
	virtio_net_store(vnet, &virtio_net_header);
	parts[0] = gro_part(vnet, VIRTIO_NET_HDR_SIZE);
	parts[1] = gro_part(first->data, first->length);
	for (int n = 2; n <= run->count; n++) {
		parts[n] = gro_part(packets[number].data + skip,
				    packets[number].length - skip);
		number = packets[number].next;
	}
	if (write(context, parts, run->count + 1))
		return true;
	memcpy(first->data, headers, skip);
	return false;
}

void gro_flush(struct gro *gro, gro_write *write, void *context)
{
	for (unsigned n = 0; n < gro->run_count; n++) {
		const struct gro_batch *run = &gro->runs[n];

		if (run->count == 1 ||
		    !gro_write_merged(gro, run, write, context))
			gro_write_singly(gro, run, write, context);
	}
	gro_clear(gro);
}
