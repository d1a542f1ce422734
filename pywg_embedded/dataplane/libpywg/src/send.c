#include "send.h"
#include "byteorder.h"
#include "event_queue.h"
#include "io/socket.h"
#include "io/tun.h"
#include "keypairs.h"
#include "net/ecn.h"
#include "net/icmp.h"
#include "net/ip.h"
#include "offload/gso.h"
#include "sys/clock.h"

#include <string.h>

static void flush(struct plane *plane)
{
	socket_send_batches(plane);
}

void request_handshake(struct plane *plane, uint32_t number)
{
	struct peer *peer = &plane->peers[number];

	/* The engine retries by itself: more events in that time say nothing.
	 */
	if (peer->handshake_requested_at &&
	    plane->tx.now - peer->handshake_requested_at < REKEY_TIMEOUT)
		return;
	peer->handshake_requested_at = plane->tx.now;
	event_queue_push(plane, PYWG_HANDSHAKE_NEEDED, number);
}

static void record_sent(struct plane *plane, uint32_t number, bool is_data)
{
	struct peer *peer = &plane->peers[number];
	struct pywg_facts *facts = &peer->facts;

	facts->last_sent = plane->tx.now;
	facts->data_received_since = 0;
	if (is_data) {
		facts->last_data_sent = plane->tx.now;
		if (!facts->data_sent_since)
			facts->data_sent_since = plane->tx.now;
	}
	if (peer->observed) {
		peer->observed = false;
		event_queue_push(plane, PYWG_ACTIVE, number);
	}
}

/* Where the next packet's plaintext goes, behind room for its header. */
static uint8_t *next_packet_buffer(struct plane *plane)
{
	if (TX_BUFFER_SIZE - plane->tx_buffer_used < MAX_SEALED_SIZE ||
	    plane->batches_count == MAX_BATCHES)
		flush(plane);
	return plane->tx_buffer + plane->tx_buffer_used + TRANSPORT_HEADER_SIZE;
}

/* Whether no datagram of its own size may join a batch any more. */
static bool is_full(const struct udp_batch *batch)
{
	return batch->segments == MAX_SEGMENTS ||
	       batch->length + batch->segment > MAX_DATAGRAM;
}

/* Whether a datagram may join the last batch as one more segment. */
static struct udp_batch *batch_to_extend(struct plane *plane, uint32_t peer,
					 uint32_t size, uint8_t tos)
{
	struct udp_batch *last;

	if (!plane->batches_count)
		return NULL;
	last = &plane->batches[plane->batches_count - 1];
	if (last->peer != peer || last->tos != tos || size > last->segment ||
	    last->segments == MAX_SEGMENTS ||
	    last->length + size > MAX_DATAGRAM || last->length % last->segment)
		return NULL;
	return last;
}

static void queue_datagram(struct plane *plane, uint32_t peer, uint32_t size,
			   uint8_t tos)
{
	struct udp_batch *batch = batch_to_extend(plane, peer, size, tos);

	if (!batch) {
		batch = &plane->batches[plane->batches_count++];
		batch->data = plane->tx_buffer + plane->tx_buffer_used;
		batch->length = 0;
		batch->segment = size;
		batch->segments = 0;
		batch->peer = peer;
		batch->tos = tos;
	}
	batch->length += size;
	batch->segments++;
	plane->tx_buffer_used += size;
	if (is_full(batch))
		flush(plane);
}

/* Zeros up to a multiple of 16, but never beyond the MTU (linux). */
static uint32_t pad(const struct plane *plane, uint8_t *packet, uint32_t length)
{
	uint32_t padded = (length + PADDING_MULTIPLE - 1) &
			  ~(uint32_t)(PADDING_MULTIPLE - 1);

	if (padded > plane->mtu)
		padded = plane->mtu;
	if (padded < length)
		padded = length;
	memset(packet + length, 0, padded - length);
	return padded;
}

/* The packet lies where next_packet_buffer said. */
static void seal(struct plane *plane, uint32_t number, struct keypair *keypair,
		 uint32_t length)
{
	uint8_t *head = plane->tx_buffer + plane->tx_buffer_used;
	uint8_t *packet = head + TRANSPORT_HEADER_SIZE;
	uint8_t tos = length ? ecn_encapsulate(ip_traffic_class(packet)) : 0;
	uint32_t padded = pad(plane, packet, length);
	uint32_t size = TRANSPORT_MIN_SIZE + padded;
	uint64_t counter = keypair->send_counter++;

	store_le32(head, MESSAGE_TRANSPORT);
	store_le32(head + TRANSPORT_RECEIVER_AT, keypair->remote_index);
	store_le64(head + TRANSPORT_COUNTER_AT, counter);
	if (!aead_seal(&plane->aead, keypair->send_key, counter, packet, packet,
		       padded)) {
		count_drop(&plane->tx, DROP_AEAD_FAILED);
		return;
	}
	queue_datagram(plane, number, size, tos);
	plane->peers[number].facts.tx_bytes += size;
	record_sent(plane, number, length > 0);
}

static bool rekey_is_due(const struct plane *plane,
			 const struct keypair *keypair)
{
	return keypair->send_counter >= REKEY_AFTER_MESSAGES ||
	       (keypair->initiator &&
		plane->tx.now - keypair->created_at >= REKEY_AFTER_TIME);
}

/* Seal the packet that lies in its place, or stage it. */
static void send_or_stage(struct plane *plane, uint32_t number, uint32_t length)
{
	struct peer *peer = &plane->peers[number];
	struct keypair *keypair = keypairs_sending(plane, peer);
	const uint8_t *packet = plane->tx_buffer + plane->tx_buffer_used +
				TRANSPORT_HEADER_SIZE;

	if (!keypair || !peer->facts.endpoint.address_size) {
		plane->tx.drops[DROP_STAGING_FULL] +=
			staging_put(plane->staging, number, packet, length);
		request_handshake(plane, number);
		return;
	}
	seal(plane, number, keypair, length);
	if (rekey_is_due(plane, keypair))
		request_handshake(plane, number);
}

static void refuse(struct plane *plane, const struct packet *packet,
		   uint32_t length, enum drop_reason reason)
{
	uint8_t answer[ICMP_ROOM];
	size_t size;

	count_drop(&plane->tx, reason);
	size = icmp_unreachable(answer, plane->tun_buffer, length, packet);
	if (size)
		tun_write(plane, answer, size);
}

static void send_tun_packet(struct plane *plane,
			    const struct virtio_net_header *header,
			    uint32_t length)
{
	struct packet packet;
	struct gso gso;
	uint32_t peer;
	size_t size;

	if (!ip_parse(&packet, plane->tun_buffer, length) ||
	    gso_init(&gso, header, plane->tun_buffer, length) < 0) {
		count_drop(&plane->tx, DROP_NOT_IP);
		return;
	}
	peer = allowedips_lookup(plane->allowed_ips,
				 plane->tun_buffer + packet.destination,
				 packet.address_size);
	if (peer == ALLOWEDIPS_NONE) {
		refuse(plane, &packet, length, DROP_NO_PEER);
		return;
	}
	if (!plane->peers[peer].facts.endpoint.address_size) {
		refuse(plane, &packet, length, DROP_NO_ENDPOINT);
		return;
	}
	while ((size = gso_next(&gso, next_packet_buffer(plane), MAX_PACKET)))
		send_or_stage(plane, peer, (uint32_t)size);
}

void send_staged_packets(struct plane *plane, uint32_t number)
{
	struct peer *peer = &plane->peers[number];
	int32_t length;

	if (!staging_count(plane->staging, number))
		return;
	if (!keypairs_sending(plane, peer)) {
		request_handshake(plane, number);
		return;
	}
	while (peer->facts.endpoint.address_size) {
		length = staging_take(plane->staging, number,
				      next_packet_buffer(plane));
		if (length == STAGING_EMPTY)
			break;
		send_or_stage(plane, number, (uint32_t)length);
	}
	flush(plane);
}

void send_keepalive(struct plane *plane, uint32_t number)
{
	if (!staging_count(plane->staging, number))
		plane->tx.drops[DROP_STAGING_FULL] +=
			staging_put(plane->staging, number, NULL, 0);
	send_staged_packets(plane, number);
}

void purge_staged_packets(struct plane *plane, uint32_t number)
{
	plane->tx.drops[DROP_NO_KEYPAIR] +=
		staging_purge(plane->staging, number);
}

void send_tun_burst(struct plane *plane)
{
	struct virtio_net_header header;
	size_t bytes = 0;
	ssize_t length;

	for (int n = 0; n < BURST_COUNT && bytes < BURST_BYTES; n++) {
		length = tun_read(plane, &header, plane->tun_buffer);
		if (length < 0)
			break;
		bytes += (size_t)length;
		send_tun_packet(plane, &header, (uint32_t)length);
	}
	flush(plane);
}
