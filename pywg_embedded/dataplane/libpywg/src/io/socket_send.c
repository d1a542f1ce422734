#include "io/sockaddr.h"
#include "io/socket.h"

#include <errno.h>
#include <string.h>

/* What the datagrams of one batch have in common. */
struct envelope {
	union socket_address address;
	union control_buffer control;
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
	envelope->address_size = sockaddr_store(&envelope->address, endpoint);
	envelope->control_size = (socklen_t)control_store(
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

void socket_send(struct direction *direction, struct pywg_endpoint *endpoint,
		 const uint8_t *data, uint32_t length, uint8_t tos)
{
	struct udp_socket *socket = socket_for(direction->plane, endpoint);
	int error;

	if (!socket) {
		count_drop(direction, DROP_NO_SOCKET);
		return;
	}
	error = send_whole(socket->descriptor, endpoint, data, length, tos, 0);
	if (error)
		count_drop(direction, drop_reason_of_send(error));
}

/* The datagrams of one batch. */
struct mmsg {
	struct envelope envelope;
	struct iovec parts[MAX_SEGMENTS];
	struct mmsghdr headers[MAX_SEGMENTS];
};

static void fill(struct mmsg *mmsg, const struct udp_batch *batch,
		 const struct pywg_endpoint *endpoint)
{
	write_envelope(&mmsg->envelope, endpoint, batch->tos, 0);
	for (uint32_t n = 0; n < batch->segments; n++) {
		uint32_t at = n * batch->segment;
		uint32_t left = batch->length - at;

		mmsg->parts[n].iov_base = batch->data + at;
		mmsg->parts[n].iov_len =
			left < batch->segment ? left : batch->segment;
		mmsg->headers[n].msg_hdr =
			enclose(&mmsg->envelope, &mmsg->parts[n]);
	}
}

/* Kernels without segmentation, routes with a smaller MTU, interfaces without
 * checksums: whatever the reason, the datagrams can still go one by one. An
 * error is that of the first that did not go; the others get their turn. */
static void send_singly(struct direction *direction,
			const struct udp_batch *batch, int descriptor,
			struct pywg_endpoint *endpoint)
{
	struct mmsg mmsg;
	uint32_t done = 0;
	int sent;

	fill(&mmsg, batch, endpoint);
	while (done < batch->segments) {
		sent = sendmmsg(descriptor, mmsg.headers + done,
				batch->segments - done, MSG_DONTWAIT);
		if (sent > 0) {
			done += (uint32_t)sent;
		} else if (drop_stale_source(endpoint, errno)) {
			fill(&mmsg, batch, endpoint);
		} else {
			count_drop(direction, drop_reason_of_send(errno));
			done++;
		}
	}
}

static void send_batch(struct plane *plane, const struct udp_batch *batch)
{
	struct pywg_endpoint *endpoint =
		&plane->peers[batch->peer].facts.endpoint;
	struct udp_socket *socket = socket_for(plane, endpoint);
	struct direction *direction = &plane->tx;
	int error;

	if (!socket) {
		direction->drops[DROP_NO_SOCKET] += batch->segments;
		return;
	}
	if (!socket->gso || batch->segments == 1) {
		send_singly(direction, batch, socket->descriptor, endpoint);
		return;
	}
	error = send_whole(socket->descriptor, endpoint, batch->data,
			   batch->length, batch->tos, batch->segment);
	if (!error)
		return;
	if (error == EIO)
		socket->gso = false;
	if (error == EAGAIN || error == ENOBUFS)
		direction->drops[drop_reason_of_send(error)] += batch->segments;
	else
		send_singly(direction, batch, socket->descriptor, endpoint);
}

void socket_send_batches(struct plane *plane)
{
	for (uint32_t n = 0; n < plane->batches_count; n++)
		send_batch(plane, &plane->batches[n]);
	plane->batches_count = 0;
	plane->tx_buffer_used = 0;
}
