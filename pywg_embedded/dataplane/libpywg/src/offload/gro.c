#include "offload/gro.h"
#include "net/ip.h"

#include <string.h>

/* A flow's runs lie in the order of their packets, and only the newest of them
 * may grow. */

static void coalesce_forget_flows(struct coalescer *coalescer)
{
	memset(coalescer->newest, 0, sizeof(coalescer->newest));
}

static void coalesce_clear(struct coalescer *coalescer)
{
	coalescer->packet_count = 0;
	coalescer->run_count = 0;
	coalesce_forget_flows(coalescer);
}

void coalesce_begin(struct coalescer *coalescer, unsigned features)
{
	coalescer->features = features;
	coalesce_clear(coalescer);
}

static bool coalesce_wants(const struct coalescer *coalescer,
			   const struct merge_headers *headers)
{
	unsigned feature =
		headers->protocol == PACKET_TCP ? COALESCE_TCP : COALESCE_UDP;

	return coalescer->features & feature;
}

static struct coalesce_run *coalesce_run_in(struct coalescer *coalescer,
					    const uint8_t *slot)
{
	return *slot ? &coalescer->runs[*slot - 1] : NULL;
}

/* Where the newest run of this flow is noted, or may be. */
static uint8_t *coalesce_slot(struct coalescer *coalescer, uint32_t flow)
{
	unsigned at = flow >> 24; /* the upper bits are the mixed ones */
	const struct coalesce_run *run;

	while ((run = coalesce_run_in(coalescer, &coalescer->newest[at])) &&
	       run->headers.flow != flow)
		at = (at + 1) % COALESCE_SLOTS;
	return &coalescer->newest[at];
}

static bool coalesce_verify_first(struct coalesce_run *run,
				  const uint8_t *first)
{
	if (!run->verified)
		run->verified = merge_verify(&run->headers, first);
	return run->verified;
}

static bool coalesce_join(struct coalescer *coalescer, struct coalesce_run *run,
			  const struct merge_headers *headers, uint8_t number)
{
	const uint8_t *first = coalescer->packets[run->first].data;
	const uint8_t *packet = coalescer->packets[number].data;

	if (!merge_follows(&run->headers, first, run->count, run->payload,
			   headers, packet))
		return false;
	if (!coalesce_verify_first(run, first) ||
	    !merge_verify(headers, packet))
		return false;
	coalescer->packets[run->last].next = number;
	run->last = number;
	run->payload += headers->payload;
	run->count++;
	return true;
}

/* The run that this packet begins. */
static struct coalesce_run *coalesce_start(struct coalescer *coalescer,
					   const struct merge_headers *headers,
					   uint8_t number)
{
	struct coalesce_run *run = &coalescer->runs[coalescer->run_count++];

	*run = (struct coalesce_run){
		.headers = *headers,
		.payload = headers->payload,
		.first = number,
		.last = number,
		.count = 1,
	};
	return run;
}

/* Put a packet behind those of its flow. */
static void coalesce_place(struct coalescer *coalescer,
			   const struct merge_headers *headers, uint8_t number,
			   bool mergeable)
{
	const uint8_t *packet = coalescer->packets[number].data;
	uint8_t *slot = coalesce_slot(coalescer, headers->flow);
	struct coalesce_run *run = coalesce_run_in(coalescer, slot);

	if (!mergeable || !run || run->complete ||
	    !coalesce_join(coalescer, run, headers, number)) {
		run = coalesce_start(coalescer, headers, number);
		*slot = (uint8_t)(run - coalescer->runs + 1);
	}
	run->complete = !mergeable || run->count == COALESCE_PARTS - 1 ||
			merge_is_last(&run->headers, headers, packet);
}

bool coalesce_add(struct coalescer *coalescer, uint8_t *packet, size_t length)
{
	struct merge_headers headers = {0};
	enum merge_verdict verdict;
	uint8_t number;

	if (coalescer->packet_count == COALESCE_PACKETS)
		return false;
	number = (uint8_t)coalescer->packet_count++;
	coalescer->packets[number].data = packet;
	coalescer->packets[number].length = (uint16_t)length;
	verdict = merge_read(&headers, packet, length);
	if (verdict == MERGE_YES && !coalesce_wants(coalescer, &headers))
		verdict = MERGE_FLOWLESS;
	if (verdict == MERGE_UNKNOWN)
		coalesce_forget_flows(coalescer);
	if (verdict == MERGE_YES || verdict == MERGE_NO)
		coalesce_place(coalescer, &headers, number,
			       verdict == MERGE_YES);
	else
		coalesce_start(coalescer, &headers, number);
	return true;
}

static struct iovec coalesce_part(uint8_t *data, size_t length)
{
	return (struct iovec){.iov_base = data, .iov_len = length};
}

/* Each packet of a run as it came. Nothing is claimed of it: what is alone was
 * seldom verified, and the kernel looks only at what it delivers itself. */
static void coalesce_write_singly(struct coalescer *coalescer,
				  const struct coalesce_run *run,
				  coalesce_write *write, void *context)
{
	uint8_t vnet[VNET_SIZE] = {0};
	uint8_t number = run->first;

	for (uint8_t n = 0; n < run->count; n++) {
		struct coalesce_packet *packet = &coalescer->packets[number];
		struct iovec parts[2] = {
			coalesce_part(vnet, VNET_SIZE),
			coalesce_part(packet->data, packet->length),
		};

		write(context, parts, 2);
		number = packet->next;
	}
}

/* The packets of a run as one; false if it was not taken, and then they are
 * again as they came. */
static bool coalesce_write_merged(struct coalescer *coalescer,
				  const struct coalesce_run *run,
				  coalesce_write *write, void *context)
{
	struct coalesce_packet *packets = coalescer->packets;
	struct coalesce_packet *first = &packets[run->first];
	size_t skip = run->headers.size;
	struct iovec parts[COALESCE_PARTS];
	uint8_t vnet[VNET_SIZE], headers[MERGE_HEADERS];
	uint8_t number = first->next;
	struct vnet_header vnet_header;

	memcpy(headers, first->data, skip);
	vnet_header = merge_rewrite(&run->headers, first->data, run->payload,
				    packets[run->last].data);
	vnet_store(vnet, &vnet_header);
	parts[0] = coalesce_part(vnet, VNET_SIZE);
	parts[1] = coalesce_part(first->data, first->length);
	for (int n = 2; n <= run->count; n++) {
		parts[n] = coalesce_part(packets[number].data + skip,
					 packets[number].length - skip);
		number = packets[number].next;
	}
	if (write(context, parts, run->count + 1))
		return true;
	memcpy(first->data, headers, skip);
	return false;
}

void coalesce_flush(struct coalescer *coalescer, coalesce_write *write,
		    void *context)
{
	for (unsigned n = 0; n < coalescer->run_count; n++) {
		const struct coalesce_run *run = &coalescer->runs[n];

		if (run->count == 1 ||
		    !coalesce_write_merged(coalescer, run, write, context))
			coalesce_write_singly(coalescer, run, write, context);
	}
	coalesce_clear(coalescer);
}
