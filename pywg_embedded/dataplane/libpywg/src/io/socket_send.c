#include "io/sockaddr.h"
#include "io/socket.h"

#include <errno.h>
#include <string.h>

/* What the datagrams of one message have in common. */
struct envelope {
	union udp_address address;
	union udp_control control;
	socklen_t address_size;
	socklen_t control_size;
};

static struct udp_socket *socket_for(struct plane *plane,
				     const struct pywg_endpoint *endpoint)
{
	struct udp_socket *socket =
		endpoint->address_size == 4 ? &plane->v4 : &plane->v6;

	return socket->descriptor >= 0 ? socket : NULL;
}

static void write_envelope(struct envelope *envelope,
			   const struct pywg_endpoint *endpoint, uint8_t tos,
			   uint32_t segment)
{
	envelope->address_size =
		udp_address_store(&envelope->address, endpoint);
	envelope->control_size = (socklen_t)udp_control_store(
		&envelope->control, endpoint, tos, (uint16_t)segment);
}

static struct msghdr enclose(struct envelope *envelope, struct iovec *part)
{
	struct msghdr header = {0};

	header.msg_name = &envelope->address;
	header.msg_namelen = envelope->address_size;
	header.msg_iov = part;
	header.msg_iovlen = 1;
	header.msg_control = envelope->control_size ? &envelope->control : NULL;
	header.msg_controllen = envelope->control_size;
	return header;
}

/* Whether a send may have failed for a source that is gone; it is no more. */
static bool drop_stale_source(struct pywg_endpoint *endpoint, int error)
{
	if (!endpoint->source_size ||
	    (error != EINVAL && error != EADDRNOTAVAIL && error != ENODEV &&
	     error != ENETUNREACH))
		return false;
	endpoint->source_size = 0;
	endpoint->interface = 0;
	return true;
}

/* One send; 0, or an errno. A source is not blamed for what may be the fault of
 * the segments: without them it shows. */
static int send_whole(int descriptor, struct pywg_endpoint *endpoint,
		      const uint8_t *data, uint32_t length, uint8_t tos,
		      uint32_t segment)
{
	struct iovec part = {(void *)(uintptr_t)data, length};
	struct envelope envelope;
	struct msghdr header;

	do {
		write_envelope(&envelope, endpoint, tos, segment);
		header = enclose(&envelope, &part);
		if (sendmsg(descriptor, &header, MSG_DONTWAIT) >= 0)
			return 0;
	} while (!segment && drop_stale_source(endpoint, errno));
	return errno;
}

void udp_send_one(struct lane *lane, struct pywg_endpoint *endpoint,
		  const uint8_t *data, uint32_t length, uint8_t tos)
{
	struct udp_socket *socket = socket_for(lane->plane, endpoint);
	int error;

	if (!socket) {
		lane_drop(lane, DROP_NO_SOCKET);
		return;
	}
	error = send_whole(socket->descriptor, endpoint, data, length, tos, 0);
	if (error)
		lane_drop(lane, drop_of_send(error));
}

/* The datagrams of one message. */
struct batch {
	struct envelope envelope;
	struct iovec parts[MOST_SEGMENTS];
	struct mmsghdr headers[MOST_SEGMENTS];
};

static void fill(struct batch *batch, const struct message *message,
		 const struct pywg_endpoint *endpoint)
{
	write_envelope(&batch->envelope, endpoint, message->tos, 0);
	for (uint32_t n = 0; n < message->segments; n++) {
		uint32_t at = n * message->segment;
		uint32_t left = message->length - at;

		batch->parts[n].iov_base = message->data + at;
		batch->parts[n].iov_len =
			left < message->segment ? left : message->segment;
		batch->headers[n].msg_hdr =
			enclose(&batch->envelope, &batch->parts[n]);
	}
}

/* Kernels without segmentation, routes with a smaller MTU, interfaces without
 * checksums: whatever the reason, the datagrams can still go one by one. An
 * error is that of the first that did not go; the others get their turn. */
static void send_singly(struct lane *lane, const struct message *message,
			int descriptor, struct pywg_endpoint *endpoint)
{
	struct batch batch;
	uint32_t done = 0;
	int sent;

	fill(&batch, message, endpoint);
	while (done < message->segments) {
		sent = sendmmsg(descriptor, batch.headers + done,
				message->segments - done, MSG_DONTWAIT);
		if (sent > 0) {
			done += (uint32_t)sent;
		} else if (drop_stale_source(endpoint, errno)) {
			fill(&batch, message, endpoint);
		} else {
			lane_drop(lane, drop_of_send(errno));
			done++;
		}
	}
}

static void send_message(struct plane *plane, const struct message *message)
{
	struct pywg_endpoint *endpoint =
		&plane->peers[message->peer].facts.endpoint;
	struct udp_socket *socket = socket_for(plane, endpoint);
	struct lane *lane = &plane->sending;
	int error;

	if (!socket) {
		lane->drops[DROP_NO_SOCKET] += message->segments;
		return;
	}
	if (!socket->gso || message->segments == 1) {
		send_singly(lane, message, socket->descriptor, endpoint);
		return;
	}
	error = send_whole(socket->descriptor, endpoint, message->data,
			   message->length, message->tos, message->segment);
	if (!error)
		return;
	if (error == EIO)
		socket->gso = false;
	if (error == EAGAIN || error == ENOBUFS)
		lane->drops[drop_of_send(error)] += message->segments;
	else
		send_singly(lane, message, socket->descriptor, endpoint);
}

void udp_send_burst(struct plane *plane)
{
	for (uint32_t n = 0; n < plane->messages_count; n++)
		send_message(plane, &plane->messages[n]);
	plane->messages_count = 0;
	plane->outgoing_used = 0;
}
