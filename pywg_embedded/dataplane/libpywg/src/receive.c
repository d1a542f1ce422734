#include "receive.h"
#include "byteorder.h"
#include "io/sockaddr.h"
#include "net/ecn.h"
#include "net/ip.h"
#include "rx_updates.h"

#include <errno.h>

/* A gro_write. */
static bool write_to_tun(void *context, const struct iovec *parts, int count)
{
	struct rx *rx = context;
	const int error = tun_write(&rx->shared->tun, parts, count);

	/* Linux 6.6.44 refuses some large packets whose last segment is short:
	 * GRO then writes the packets one by one, and only what fails then is
	 * lost. */
	if (error == -EINVAL && count > 2)
		return false;
	if (error)
		tun_count_error(-error, rx->drops, &rx->tun_gone);
	return true;
}

static void flush(struct rx *rx)
{
	/* First: the answer to one of these packets is sent by what it proved.
	 */
	rx_updates_publish(rx);
	gro_flush(rx->gro, write_to_tun, rx);
}

/* Carry the outer ECN field over to the packet; false if it must be dropped
 * (RFC 6040). */
static bool propagate_ecn(uint8_t *packet, uint8_t outer_tos)
{
	const uint8_t inner = ip_traffic_class(packet) & ECN_MASK;
	const int ecn = ecn_decapsulate(outer_tos, inner);

	if (ecn == ECN_DROP)
		return false;
	if (ecn != inner)
		ip_set_ecn(packet, (uint8_t)ecn);
	return true;
}

static void deliver(struct rx *rx, uint32_t peer, uint8_t *data,
		    uint32_t length, uint8_t outer_tos)
{
	struct packet packet;

	if (!ip_parse(&packet, data, length)) {
		rx->drops[DROP_NOT_IP]++;
		return;
	}
	if (allowedips_lookup(rx->shared->allowed_ips, data + packet.source,
			      packet.address_size) != peer) {
		rx->drops[DROP_SOURCE_NOT_ALLOWED]++;
		return;
	}
	if (!propagate_ecn(data, outer_tos)) {
		rx->drops[DROP_ECN_CONGESTION]++;
		return;
	}
	if (!gro_add(rx->gro, data, packet.length)) {
		flush(rx);
		gro_add(rx->gro, data, packet.length);
	}
}

/* Decrypt transport data in place. Return the keypair id, or NO_KEYPAIR if it
 * was dropped. */
static uint32_t open_transport_data(struct rx *rx, uint8_t *data,
				    uint32_t length)
{
	const struct keypairs *keypairs = &rx->shared->keypairs;
	const uint32_t found = keypairs_find(
		keypairs, load_le32(data + TRANSPORT_RECEIVER_AT));
	const uint64_t counter = load_le64(data + TRANSPORT_COUNTER_AT);
	uint8_t *packet = data + TRANSPORT_PACKET_AT;

	if (found == NO_KEYPAIR) {
		rx->drops[DROP_UNKNOWN_INDEX]++;
		return NO_KEYPAIR;
	}
	if (!keypair_is_valid(&keypairs->entries[found], counter, rx->now)) {
		rx->drops[DROP_KEYPAIR_EXPIRED]++;
		return NO_KEYPAIR;
	}
	if (!aead_open(&rx->aead, keypairs->entries[found].receive_key, counter,
		       packet, packet, length - TRANSPORT_HEADER_SIZE)) {
		rx->drops[DROP_NOT_AUTHENTIC]++;
		return NO_KEYPAIR;
	}
	if (!replay_accept(&rx->keypairs[found].window, counter)) {
		rx->drops[DROP_REPLAYED]++;
		return NO_KEYPAIR;
	}
	return found;
}

static void receive_transport_data(struct rx *rx, uint8_t *data,
				   uint32_t length,
				   const struct received_batch *batch)
{
	uint32_t keypair;

	if (length < TRANSPORT_MIN_SIZE) {
		rx->drops[DROP_MALFORMED]++;
		return;
	}
	keypair = open_transport_data(rx, data, length);
	if (keypair == NO_KEYPAIR)
		return;
	rx_updates_record(rx, keypair, length, &batch->endpoint);
	if (length > TRANSPORT_MIN_SIZE)
		deliver(rx, keypair_peer(keypair), data + TRANSPORT_PACKET_AT,
			length - TRANSPORT_MIN_SIZE, batch->tos);
}

static void send_cookie_reply(struct rx *rx, const uint8_t *data,
			      uint32_t length,
			      const struct pywg_endpoint *source)
{
	const struct udp_sockets *sockets = &rx->shared->sockets;
	struct pywg_endpoint to = *source;
	uint8_t reply[COOKIE_REPLY_SIZE];

	if (!cookie_reply(&rx->handshake_filter.checker, reply, data, length,
			  source))
		return;
	if (!route_fits_source(&rx->route_lookup, sockets, &to))
		endpoint_clear_source(&to);
	socket_send(sockets, &to, reply, sizeof(reply), HANDSHAKE_TOS,
		    rx->drops);
}

static void receive_handshake(struct rx *rx, const uint8_t *data,
			      uint32_t length,
			      const struct pywg_endpoint *source)
{
	enum drop_reason reason;
	const enum handshake_verdict verdict = handshake_filter_check(
		&rx->handshake_filter, data, length, source,
		rx->handshakes.count, rx->now, &reason);

	if (verdict == HANDSHAKE_ACCEPT) {
		handshake_queue_push(&rx->handshakes, data, length, source);
		return;
	}
	if (verdict == HANDSHAKE_DROP_WITH_COOKIE)
		send_cookie_reply(rx, data, length, source);
	rx->drops[reason]++;
}

static void receive_datagram(struct rx *rx, uint8_t *data, uint32_t length,
			     const struct received_batch *batch)
{
	/* No answer can be sent to port 0. */
	if (length < 4 || !batch->endpoint.port)
		rx->drops[DROP_MALFORMED]++;
	else if (load_le32(data) == MESSAGE_TRANSPORT)
		receive_transport_data(rx, data, length, batch);
	else
		receive_handshake(rx, data, length, &batch->endpoint);
}

static void receive_batch(struct rx *rx, const struct received_batch *batch)
{
	uint32_t at = 0;

	do {
		uint32_t left = batch->length - at;
		uint32_t size =
			left < batch->segment_size ? left : batch->segment_size;

		receive_datagram(rx, batch->data + at, size, batch);
		at += size;
	} while (at < batch->length);
}

void receive_burst(struct rx *rx, const struct udp_socket *socket)
{
	struct received_batch batches[SOCKET_RECEIVE_SLOTS];
	int received = 0;
	size_t bytes = 0;
	int count;

	do {
		count = socket_receive(socket, rx->buffer, batches);
		if (count < 0)
			rx->drops[drop_reason_of_receive(-count)]++;
		for (int n = 0; n < count; n++) {
			bytes += batches[n].length;
			receive_batch(rx, &batches[n]);
		}
		flush(rx);
		received += count;
	} while (count == SOCKET_RECEIVE_SLOTS && received < BURST_COUNT &&
		 bytes < BURST_BYTES);
}
