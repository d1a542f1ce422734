#include "send.h"
#include "byteorder.h"
#include "icmp_send.h"
#include "io/sockaddr.h"
#include "net/ecn.h"
#include "net/ip.h"
#include "offload/gso.h"

#include <errno.h>
#include <string.h>

static void record_sent(struct tx *tx, uint32_t peer_id,
			const struct send_result *result)
{
	struct pywg_facts *facts = &tx->peers[peer_id].facts;

	if (result->largest_failed)
		facts->last_failed = tx->now;
	if (result->largest_failed > TRANSPORT_MIN_SIZE &&
	    !facts->data_failed_since)
		facts->data_failed_since = tx->now;
	if (!result->bytes)
		return;
	facts->tx_bytes += result->bytes;
	facts->last_sent = tx->now;
	facts->data_received_since = 0;
	if (result->largest_sent > TRANSPORT_MIN_SIZE) {
		facts->last_data_sent = tx->now;
		if (!facts->data_sent_since)
			facts->data_sent_since = tx->now;
	}
}

static void flush(struct tx *tx)
{
	struct send_result result;

	for (uint32_t n = 0; n < tx->batch_count; n++) {
		result =
			socket_send_batch(&tx->shared->sockets, &tx->batches[n],
					  tx->gso_refused, tx->drops);
		record_sent(tx, tx->batch_peers[n], &result);
	}
	tx->batch_count = 0;
	tx->buffer_used = 0;
}

void request_handshake(struct tx *tx, uint32_t peer_id)
{
	struct peer *peer = &tx->peers[peer_id];

	/* Python retries by itself: more events in that time are redundant. */
	if (peer->handshake_requested_at &&
	    tx->now - peer->handshake_requested_at < REKEY_TIMEOUT)
		return;
	peer->handshake_requested_at = tx->now;
	event_queue_push(&tx->events, PYWG_HANDSHAKE_NEEDED, peer_id);
}

void report_activity(struct tx *tx, uint32_t peer_id)
{
	if (!tx->peers[peer_id].observed)
		return;
	tx->peers[peer_id].observed = false;
	event_queue_push(&tx->events, PYWG_ACTIVE, peer_id);
}

/* Where to put the plaintext of the next packet, behind room for its header. */
static uint8_t *next_packet_buffer(struct tx *tx)
{
	if (TX_BUFFER_SIZE - tx->buffer_used < TX_MAX_SEALED ||
	    tx->batch_count == TX_MAX_BATCHES)
		flush(tx);
	return tx->buffer + tx->buffer_used + TRANSPORT_HEADER_SIZE;
}

/* Whether a batch has no room for a datagram of its segment size. */
static bool is_full(const struct udp_batch *batch)
{
	return batch->segments == SOCKET_MAX_SEGMENTS ||
	       batch->length + batch->segment_size > SOCKET_MAX_DATAGRAM;
}

/* The last batch if this datagram may be its next segment, else NULL. */
static struct udp_batch *batch_to_extend(struct tx *tx,
					 const struct pywg_endpoint *endpoint,
					 uint32_t size, uint8_t tos)
{
	struct udp_batch *last;

	if (!tx->batch_count)
		return NULL;
	last = &tx->batches[tx->batch_count - 1];
	if (last->endpoint != endpoint || last->tos != tos ||
	    size > last->segment_size ||
	    last->segments == SOCKET_MAX_SEGMENTS ||
	    last->length + size > SOCKET_MAX_DATAGRAM ||
	    last->length % last->segment_size)
		return NULL;
	return last;
}

/* Clear the source address if the kernel would send from it through another
 * interface than the peer's packets arrived on (as in Linux). */
static void check_source(struct tx *tx, struct peer *peer)
{
	struct pywg_endpoint *endpoint = &peer->facts.endpoint;

	peer->source_checked = tx->route_monitor.generation;
	if (!endpoint->source_size)
		return;
	peer->received_checked = peer->source_checked;
	route_monitor_record_lookup(&tx->route_monitor);
	if (!route_fits_source(&tx->route_lookup, &tx->shared->sockets,
			       endpoint))
		endpoint_clear_source(endpoint);
}

static void queue_datagram(struct tx *tx, uint32_t peer_id, uint32_t size,
			   uint8_t tos)
{
	struct peer *peer = &tx->peers[peer_id];
	struct pywg_endpoint *endpoint = &peer->facts.endpoint;
	struct udp_batch *batch = batch_to_extend(tx, endpoint, size, tos);

	if (!batch) {
		if (peer->source_checked != tx->route_monitor.generation)
			check_source(tx, peer);
		tx->batch_peers[tx->batch_count] = peer_id;
		batch = &tx->batches[tx->batch_count++];
		*batch = (struct udp_batch){
			.data = tx->buffer + tx->buffer_used,
			.segment_size = size,
			.tos = tos,
			.endpoint = endpoint,
		};
	}
	batch->length += size;
	batch->segments++;
	tx->buffer_used += size;
	if (is_full(batch))
		flush(tx);
}

/* Append zeros up to a multiple of 16, but not beyond the MTU (as Linux does).
 */
static uint32_t pad(const struct tx *tx, uint8_t *packet, uint32_t length)
{
	uint32_t padded = (length + PADDING_MULTIPLE - 1) &
			  ~(uint32_t)(PADDING_MULTIPLE - 1);

	if (padded > tx->mtu)
		padded = tx->mtu;
	if (padded < length)
		padded = length;
	memset(packet + length, 0, padded - length);
	return padded;
}

/* Seal and queue the packet at next_packet_buffer. */
static void seal(struct tx *tx, uint32_t peer_id, uint32_t keypair_id,
		 uint32_t length)
{
	const struct keypair *keypair =
		&tx->shared->keypairs.entries[keypair_id];
	uint8_t *header = tx->buffer + tx->buffer_used;
	uint8_t *packet = header + TRANSPORT_HEADER_SIZE;
	uint8_t tos = length ? ecn_encapsulate(ip_traffic_class(packet)) : 0;
	uint32_t padded = pad(tx, packet, length);
	uint32_t size = TRANSPORT_MIN_SIZE + padded;
	uint64_t counter = tx->send_counters[keypair_id]++;

	store_le32(header, MESSAGE_TRANSPORT);
	store_le32(header + TRANSPORT_RECEIVER_AT, keypair->remote_index);
	store_le64(header + TRANSPORT_COUNTER_AT, counter);
	if (!aead_seal(&tx->aead, keypair->send_key, counter, packet, packet,
		       padded)) {
		tx->drops[DROP_AEAD_FAILED]++;
		return;
	}
	sent_indices_add(&tx->sent_indices, keypair->remote_index);
	queue_datagram(tx, peer_id, size, tos);
	report_activity(tx, peer_id);
}

/* The keypair to send with, or NO_KEYPAIR. */
static uint32_t sending_keypair(const struct tx *tx, uint32_t peer_id)
{
	const struct keypairs *keypairs = &tx->shared->keypairs;
	const uint32_t current = keypairs->slots[peer_id].current;

	if (current == NO_KEYPAIR || keypairs->entries[current].expired ||
	    !keypair_is_valid(&keypairs->entries[current],
			      tx->send_counters[current], tx->now))
		return NO_KEYPAIR;
	return current;
}

static bool rekey_is_due(const struct tx *tx, uint32_t keypair_id)
{
	const struct keypair *keypair =
		&tx->shared->keypairs.entries[keypair_id];

	return tx->send_counters[keypair_id] >= REKEY_AFTER_MESSAGES ||
	       (keypair->initiator &&
		tx->now - keypair->created_at >= REKEY_AFTER_TIME);
}

/* Seal the packet at next_packet_buffer, or stage it. */
static void send_or_stage(struct tx *tx, uint32_t peer_id, uint32_t length)
{
	const struct peer *peer = &tx->peers[peer_id];
	const uint32_t keypair = sending_keypair(tx, peer_id);
	const uint8_t *packet =
		tx->buffer + tx->buffer_used + TRANSPORT_HEADER_SIZE;

	if (keypair == NO_KEYPAIR || !peer->facts.endpoint.address_size) {
		tx->drops[DROP_STAGING_FULL] +=
			staging_put(tx->staging, peer_id, packet, length);
		request_handshake(tx, peer_id);
		return;
	}
	seal(tx, peer_id, keypair, length);
	if (rekey_is_due(tx, keypair))
		request_handshake(tx, peer_id);
}

static void send_tun_packet(struct tx *tx,
			    const struct virtio_net_header *header,
			    uint32_t length)
{
	struct packet packet;
	struct gso gso;
	uint32_t peer;
	size_t size;

	if (!ip_parse(&packet, tx->tun_buffer, length) ||
	    gso_init(&gso, header, tx->tun_buffer, length) < 0) {
		tx->drops[DROP_NOT_IP]++;
		return;
	}
	if (routing_loop_is_own(&tx->sent_indices, tx->tun_buffer, &packet,
				(uint32_t)tx->shared->sockets.port)) {
		tx->drops[DROP_ROUTING_LOOP]++;
		return;
	}
	peer = allowedips_lookup(tx->shared->allowed_ips,
				 tx->tun_buffer + packet.destination,
				 packet.address_size);
	if (peer == ALLOWEDIPS_NONE) {
		tx->drops[DROP_NO_PEER]++;
		icmp_send_unreachable(tx, &packet, length);
		return;
	}
	if (!tx->peers[peer].facts.endpoint.address_size) {
		tx->drops[DROP_NO_ENDPOINT]++;
		icmp_send_unreachable(tx, &packet, length);
		return;
	}
	while ((size = gso_next(&gso, next_packet_buffer(tx), TUN_MAX_PACKET)))
		send_or_stage(tx, peer, (uint32_t)size);
}

void send_staged_packets(struct tx *tx, uint32_t peer_id)
{
	const struct peer *peer = &tx->peers[peer_id];
	int32_t length;

	if (!staging_count(tx->staging, peer_id))
		return;
	if (sending_keypair(tx, peer_id) == NO_KEYPAIR) {
		request_handshake(tx, peer_id);
		return;
	}
	while (peer->facts.endpoint.address_size) {
		length = staging_take(tx->staging, peer_id,
				      next_packet_buffer(tx));
		if (length == STAGING_EMPTY)
			break;
		send_or_stage(tx, peer_id, (uint32_t)length);
	}
	flush(tx);
}

void send_keepalive(struct tx *tx, uint32_t peer_id)
{
	if (!staging_count(tx->staging, peer_id))
		tx->drops[DROP_STAGING_FULL] +=
			staging_put(tx->staging, peer_id, NULL, 0);
	send_staged_packets(tx, peer_id);
}

void purge_staged_packets(struct tx *tx, uint32_t peer_id)
{
	tx->drops[DROP_NO_KEYPAIR] += staging_purge(tx->staging, peer_id);
}

void send_tun_burst(struct tx *tx)
{
	struct virtio_net_header header;
	size_t bytes = 0;
	ssize_t length;

	for (int n = 0; n < BURST_COUNT && bytes < BURST_BYTES; n++) {
		length = tun_read(&tx->shared->tun, &header, tx->tun_buffer);
		if (length < 0 && length != -EAGAIN)
			tun_count_error((int)-length, tx->drops, &tx->tun_gone);
		if (length < 0)
			break;
		bytes += (size_t)length;
		send_tun_packet(tx, &header, (uint32_t)length);
	}
	flush(tx);
}
