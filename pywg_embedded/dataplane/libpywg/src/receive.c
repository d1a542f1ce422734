#include "receive.h"
#include "byteorder.h"
#include "event_queue.h"
#include "io/tun.h"
#include "keypairs.h"
#include "net/ecn.h"
#include "net/ip.h"
#include "rx_updates.h"

static bool carry_congestion(uint8_t *packet, uint8_t outer_tos)
{
	const uint8_t inner = packet_traffic_class(packet) & ECN_MASK;
	const int merged = ecn_leaving(outer_tos, inner);

	if (merged == ECN_DROP)
		return false;
	if (merged != inner)
		packet_set_ecn(packet, (uint8_t)merged);
	return true;
}

static void flush(struct plane *plane)
{
	arrivals_hand_over(plane);
	coalesce_flush(plane->coalescer, tun_write_parts, &plane->receiving);
}

static void deliver(struct plane *plane, uint32_t peer, uint8_t *data,
		    uint32_t length, uint8_t outer_tos)
{
	struct packet packet;

	if (!packet_parse(&packet, data, length)) {
		lane_drop(&plane->receiving, DROP_NOT_IP);
		return;
	}
	if (allowedips_lookup(plane->allowed_ips, data + packet.source,
			      packet.address_size) != peer) {
		lane_drop(&plane->receiving, DROP_SOURCE);
		return;
	}
	if (!carry_congestion(data, outer_tos)) {
		lane_drop(&plane->receiving, DROP_CONGESTION);
		return;
	}
	if (!coalesce_add(plane->coalescer, data, packet.length)) {
		flush(plane);
		coalesce_add(plane->coalescer, data, packet.length);
	}
}

static void transport_data(struct plane *plane, uint8_t *data, uint32_t length,
			   const struct received *received)
{
	uint8_t *packet = data + TRANSPORT_PACKET_AT;
	uint64_t counter;
	uint32_t found;
	struct session *session;

	if (length < TRANSPORT_MIN_SIZE) {
		lane_drop(&plane->receiving, DROP_MALFORMED);
		return;
	}
	found = sessions_find(plane, load_le32(data + TRANSPORT_RECEIVER_AT));
	if (found == NO_SLOT) {
		lane_drop(&plane->receiving, DROP_UNKNOWN_INDEX);
		return;
	}
	session = &plane->sessions[found];
	counter = load_le64(data + TRANSPORT_COUNTER_AT);
	if (!sessions_alive(session, counter, plane->receiving.now)) {
		lane_drop(&plane->receiving, DROP_TOO_OLD);
		return;
	}
	if (!aead_open(&plane->aead, session->receive_key, counter, packet,
		       packet, length - TRANSPORT_HEADER_SIZE)) {
		lane_drop(&plane->receiving, DROP_NOT_AUTHENTIC);
		return;
	}
	if (!replay_accept(&session->window, counter)) {
		lane_drop(&plane->receiving, DROP_REPLAYED);
		return;
	}
	arrivals_note(plane, found, length, &received->source);
	if (length > TRANSPORT_MIN_SIZE)
		deliver(plane, sessions_peer_of(found), packet,
			length - TRANSPORT_MIN_SIZE, received->tos);
}

static void datagram(struct plane *plane, uint8_t *data, uint32_t length,
		     const struct received *received)
{
	/* Nobody can be answered at port 0. */
	if (length < 4 || !received->source.port)
		lane_drop(&plane->receiving, DROP_MALFORMED);
	else if (load_le32(data) == MESSAGE_TRANSPORT)
		transport_data(plane, data, length, received);
	else
		events_queue_handshake(plane, data, length, &received->source);
}

static void datagrams(struct plane *plane, const struct received *received)
{
	uint32_t at = 0;

	do {
		uint32_t left = received->length - at;
		uint32_t size =
			left < received->segment ? left : received->segment;

		datagram(plane, received->data + at, size, received);
		at += size;
	} while (at < received->length);
}

void incoming_drain(struct plane *plane, struct udp_socket *socket)
{
	struct received received[RECEIVE_SLOTS];
	uint32_t drained = 0;
	size_t bytes = 0;
	uint32_t count;

	do {
		count = udp_receive(plane, socket, received);
		for (uint32_t n = 0; n < count; n++) {
			bytes += received[n].length;
			datagrams(plane, &received[n]);
		}
		flush(plane);
		drained += count;
	} while (count == RECEIVE_SLOTS && drained < BURST_COUNT &&
		 bytes < BURST_BYTES);
}
