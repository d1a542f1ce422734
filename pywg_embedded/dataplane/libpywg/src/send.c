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
	udp_send_burst(plane);
}

void outgoing_want_handshake(struct plane *plane, uint32_t number)
{
	struct peer *peer = &plane->peers[number];

	/* The engine retries by itself: more events in that time say nothing.
	 */
	if (peer->wanted_at &&
	    plane->sending.now - peer->wanted_at < REKEY_TIMEOUT)
		return;
	peer->wanted_at = plane->sending.now;
	events_raise(plane, PYWG_HANDSHAKE_NEEDED, number);
}

static void record_sent(struct plane *plane, uint32_t number, bool is_data)
{
	struct peer *peer = &plane->peers[number];
	struct pywg_facts *facts = &peer->facts;

	facts->last_sent = plane->sending.now;
	facts->data_received_since = 0;
	if (is_data) {
		facts->last_data_sent = plane->sending.now;
		if (!facts->data_sent_since)
			facts->data_sent_since = plane->sending.now;
	}
	if (peer->observed) {
		peer->observed = false;
		events_raise(plane, PYWG_ACTIVE, number);
	}
}

/* Where the next packet's plaintext goes, behind room for its header. */
static uint8_t *place_for_packet(struct plane *plane)
{
	if (OUTGOING_SIZE - plane->outgoing_used < ROOM_FOR_ONE ||
	    plane->messages_count == MOST_MESSAGES)
		flush(plane);
	return plane->outgoing + plane->outgoing_used + TRANSPORT_HEADER_SIZE;
}

/* Whether no datagram of its own size may join a message any more. */
static bool is_full(const struct message *message)
{
	return message->segments == MOST_SEGMENTS ||
	       message->length + message->segment > LARGEST_DATAGRAM;
}

/* Whether a datagram may join the last message as one more segment. */
static struct message *message_to_join(struct plane *plane, uint32_t peer,
				       uint32_t size, uint8_t tos)
{
	struct message *last;

	if (!plane->messages_count)
		return NULL;
	last = &plane->messages[plane->messages_count - 1];
	if (last->peer != peer || last->tos != tos || size > last->segment ||
	    last->segments == MOST_SEGMENTS ||
	    last->length + size > LARGEST_DATAGRAM ||
	    last->length % last->segment)
		return NULL;
	return last;
}

static void queue_datagram(struct plane *plane, uint32_t peer, uint32_t size,
			   uint8_t tos)
{
	struct message *message = message_to_join(plane, peer, size, tos);

	if (!message) {
		message = &plane->messages[plane->messages_count++];
		message->data = plane->outgoing + plane->outgoing_used;
		message->length = 0;
		message->segment = size;
		message->segments = 0;
		message->peer = peer;
		message->tos = tos;
	}
	message->length += size;
	message->segments++;
	plane->outgoing_used += size;
	if (is_full(message))
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

/* The packet lies where place_for_packet said. */
static void seal(struct plane *plane, uint32_t number, struct session *session,
		 uint32_t length)
{
	uint8_t *head = plane->outgoing + plane->outgoing_used;
	uint8_t *packet = head + TRANSPORT_HEADER_SIZE;
	uint8_t tos = length ? ecn_entering(packet_traffic_class(packet)) : 0;
	uint32_t padded = pad(plane, packet, length);
	uint32_t size = TRANSPORT_MIN_SIZE + padded;
	uint64_t counter = session->send_counter++;

	store_le32(head, MESSAGE_TRANSPORT);
	store_le32(head + TRANSPORT_RECEIVER_AT, session->remote_index);
	store_le64(head + TRANSPORT_COUNTER_AT, counter);
	if (!aead_seal(&plane->aead, session->send_key, counter, packet, packet,
		       padded)) {
		lane_drop(&plane->sending, DROP_AEAD);
		return;
	}
	queue_datagram(plane, number, size, tos);
	plane->peers[number].facts.tx_bytes += size;
	record_sent(plane, number, length > 0);
}

static bool rekey_is_due(const struct plane *plane,
			 const struct session *session)
{
	return session->send_counter >= REKEY_AFTER_MESSAGES ||
	       (session->initiator &&
		plane->sending.now - session->created_at >= REKEY_AFTER_TIME);
}

/* Seal the packet that lies in its place, or stage it. */
static void send_or_stage(struct plane *plane, uint32_t number, uint32_t length)
{
	struct peer *peer = &plane->peers[number];
	struct session *session = sessions_sendable(plane, peer);
	const uint8_t *packet =
		plane->outgoing + plane->outgoing_used + TRANSPORT_HEADER_SIZE;

	if (!session || !peer->facts.endpoint.address_size) {
		plane->sending.drops[DROP_STAGING_FULL] +=
			staging_put(plane->staging, number, packet, length);
		outgoing_want_handshake(plane, number);
		return;
	}
	seal(plane, number, session, length);
	if (rekey_is_due(plane, session))
		outgoing_want_handshake(plane, number);
}

static void refuse(struct plane *plane, const struct packet *packet,
		   uint32_t length, enum drop reason)
{
	uint8_t answer[ICMP_ROOM];
	size_t size;

	lane_drop(&plane->sending, reason);
	size = icmp_unreachable(answer, plane->from_tun, length, packet);
	if (size)
		tun_write(plane, answer, size);
}

static void packet_from_tun(struct plane *plane,
			    const struct vnet_header *header, uint32_t length)
{
	struct packet packet;
	struct segmenter segmenter;
	uint32_t peer;
	size_t size;

	if (!packet_parse(&packet, plane->from_tun, length) ||
	    segment_begin(&segmenter, header, plane->from_tun, length) < 0) {
		lane_drop(&plane->sending, DROP_NOT_IP);
		return;
	}
	peer = allowedips_lookup(plane->allowed_ips,
				 plane->from_tun + packet.destination,
				 packet.address_size);
	if (peer == ALLOWEDIPS_NONE) {
		refuse(plane, &packet, length, DROP_NO_PEER);
		return;
	}
	if (!plane->peers[peer].facts.endpoint.address_size) {
		refuse(plane, &packet, length, DROP_NO_ENDPOINT);
		return;
	}
	while ((size = segment_next(&segmenter, place_for_packet(plane),
				    LARGEST_PACKET)))
		send_or_stage(plane, peer, (uint32_t)size);
}

void outgoing_send_staged(struct plane *plane, uint32_t number)
{
	struct peer *peer = &plane->peers[number];
	int32_t length;

	if (!staging_count(plane->staging, number))
		return;
	if (!sessions_sendable(plane, peer)) {
		outgoing_want_handshake(plane, number);
		return;
	}
	while (peer->facts.endpoint.address_size) {
		length = staging_take(plane->staging, number,
				      place_for_packet(plane));
		if (length == STAGING_EMPTY)
			break;
		send_or_stage(plane, number, (uint32_t)length);
	}
	flush(plane);
}

void outgoing_send_keepalive(struct plane *plane, uint32_t number)
{
	if (!staging_count(plane->staging, number))
		plane->sending.drops[DROP_STAGING_FULL] +=
			staging_put(plane->staging, number, NULL, 0);
	outgoing_send_staged(plane, number);
}

void outgoing_purge_staged(struct plane *plane, uint32_t number)
{
	plane->sending.drops[DROP_NO_SESSION] +=
		staging_purge(plane->staging, number);
}

void outgoing_drain(struct plane *plane)
{
	struct vnet_header header;
	size_t bytes = 0;
	ssize_t length;

	for (int n = 0; n < BURST_COUNT && bytes < BURST_BYTES; n++) {
		length = tun_read(plane, &header, plane->from_tun);
		if (length < 0)
			break;
		bytes += (size_t)length;
		packet_from_tun(plane, &header, (uint32_t)length);
	}
	flush(plane);
}
