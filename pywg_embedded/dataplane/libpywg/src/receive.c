#include "receive.h"
#include "byteorder.h"
#include "event_queue.h"
#include "io/tun.h"
#include "keypairs.h"
#include "net/ecn.h"
#include "net/ip.h"
#include "rx_updates.h"

static bool propagate_ecn(uint8_t *packet, uint8_t outer_tos)
{
	const uint8_t inner = ip_traffic_class(packet) & ECN_MASK;
	const int merged = ecn_decapsulate(outer_tos, inner);

	if (merged == ECN_DROP)
		return false;
	if (merged != inner)
		ip_set_ecn(packet, (uint8_t)merged);
	return true;
}

static void flush(struct plane *plane)
{
	rx_updates_publish(plane);
	gro_flush(plane->gro, tun_write_parts, &plane->rx);
}

static void deliver(struct plane *plane, uint32_t peer, uint8_t *data,
		    uint32_t length, uint8_t outer_tos)
{
	struct packet packet;

	if (!ip_parse(&packet, data, length)) {
		count_drop(&plane->rx, DROP_NOT_IP);
		return;
	}
	if (allowedips_lookup(plane->allowed_ips, data + packet.source,
			      packet.address_size) != peer) {
		count_drop(&plane->rx, DROP_SOURCE_NOT_ALLOWED);
		return;
	}
	if (!propagate_ecn(data, outer_tos)) {
		count_drop(&plane->rx, DROP_ECN_CONGESTION);
		return;
	}
	if (!gro_add(plane->gro, data, packet.length)) {
		flush(plane);
		gro_add(plane->gro, data, packet.length);
	}
}

static void transport_data(struct plane *plane, uint8_t *data, uint32_t length,
			   const struct received *received)
{
	uint8_t *packet = data + TRANSPORT_PACKET_AT;
	uint64_t counter;
	uint32_t found;
	struct keypair *keypair;

	if (length < TRANSPORT_MIN_SIZE) {
		count_drop(&plane->rx, DROP_MALFORMED);
		return;
	}
	found = keypairs_find(plane, load_le32(data + TRANSPORT_RECEIVER_AT));
	if (found == NO_KEYPAIR) {
		count_drop(&plane->rx, DROP_UNKNOWN_INDEX);
		return;
	}
	keypair = &plane->keypairs[found];
	counter = load_le64(data + TRANSPORT_COUNTER_AT);
	if (!keypair_is_valid(keypair, counter, plane->rx.now)) {
		count_drop(&plane->rx, DROP_KEYPAIR_EXPIRED);
		return;
	}
	if (!aead_open(&plane->aead, keypair->receive_key, counter, packet,
		       packet, length - TRANSPORT_HEADER_SIZE)) {
		count_drop(&plane->rx, DROP_NOT_AUTHENTIC);
		return;
	}
	if (!replay_accept(&keypair->window, counter)) {
		count_drop(&plane->rx, DROP_REPLAYED);
		return;
	}
	rx_updates_record(plane, found, length, &received->source);
	if (length > TRANSPORT_MIN_SIZE)
		deliver(plane, keypair_peer(found), packet,
			length - TRANSPORT_MIN_SIZE, received->tos);
}

static void datagram(struct plane *plane, uint8_t *data, uint32_t length,
		     const struct received *received)
{
	/* Nobody can be answered at port 0. */
	if (length < 4 || !received->source.port)
		count_drop(&plane->rx, DROP_MALFORMED);
	else if (load_le32(data) == MESSAGE_TRANSPORT)
		transport_data(plane, data, length, received);
	else
		event_queue_push_handshake(plane, data, length,
					   &received->source);
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

void receive_burst(struct plane *plane, struct udp_socket *socket)
{
	struct received received[RECEIVE_SLOTS];
	uint32_t drained = 0;
	size_t bytes = 0;
	uint32_t count;

	do {
		count = socket_receive(plane, socket, received);
		for (uint32_t n = 0; n < count; n++) {
			bytes += received[n].length;
			datagrams(plane, &received[n]);
		}
		flush(plane);
		drained += count;
	} while (count == RECEIVE_SLOTS && drained < BURST_COUNT &&
		 bytes < BURST_BYTES);
}
