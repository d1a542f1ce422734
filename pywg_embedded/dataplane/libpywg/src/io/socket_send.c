#include "drop_reasons.h"
#include "io/sockaddr.h"
#include "io/socket.h"

#include <errno.h>
#include <string.h>

/* The address and control messages that the datagrams of one batch share. */
struct envelope {
	union socket_address address;
	union control_buffer control;
	socklen_t address_size;
	socklen_t control_size;
};

static int family_of(const struct pywg_endpoint *endpoint)
{
	return endpoint->address_size == 4 ? SOCKET_V4 : SOCKET_V6;
}

static void write_envelope(struct envelope *envelope,
			   const struct pywg_endpoint *endpoint, uint8_t tos,
			   uint32_t segment_size)
{
	envelope->address_size = sockaddr_store(&envelope->address, endpoint);
	envelope->control_size = (socklen_t)control_store(
		&envelope->control, endpoint, tos, (uint16_t)segment_size);
}

static struct msghdr make_header(struct envelope *envelope, struct iovec *part)
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

/* Remove the source address if it may be the cause of this error: an address
 * that the machine no longer has. Return whether it was removed. */
static bool drop_stale_source(struct pywg_endpoint *endpoint, int error)
{
	if (!endpoint->source_size ||
	    (error != EINVAL && error != EADDRNOTAVAIL && error != ENODEV &&
	     error != ENETUNREACH))
		return false;
	endpoint_clear_source(endpoint);
	return true;
}

/* Make one send call; return 0, or an errno. An error of a segmented send may
 * be due to the segments, so the source address is dropped only without them.
 */
static int send_whole(int descriptor, struct pywg_endpoint *endpoint,
		      const uint8_t *data, uint32_t length, uint8_t tos,
		      uint32_t segment_size)
{
	struct iovec part = {(void *)(uintptr_t)data, length};
	struct envelope envelope;
	struct msghdr header;

	do {
		write_envelope(&envelope, endpoint, tos, segment_size);
		header = make_header(&envelope, &part);
		if (sendmsg(descriptor, &header, MSG_DONTWAIT) >= 0)
			return 0;
	} while (!segment_size && drop_stale_source(endpoint, errno));
	return errno;
}

bool socket_send(const struct udp_sockets *sockets,
		 struct pywg_endpoint *endpoint, const uint8_t *data,
		 uint32_t length, uint8_t tos, uint64_t *drops)
{
	const int descriptor = sockets->family[family_of(endpoint)].descriptor;
	int error;

	if (descriptor < 0) {
		drops[DROP_NO_SOCKET]++;
		return false;
	}
	error = send_whole(descriptor, endpoint, data, length, tos, 0);
	if (error)
		drops[drop_reason_of_send(error)]++;
	return !error;
}

/* The datagrams of one batch, for sendmmsg. */
struct mmsg {
	struct envelope envelope;
	struct iovec parts[SOCKET_MAX_SEGMENTS];
	struct mmsghdr headers[SOCKET_MAX_SEGMENTS];
};

static void fill(struct mmsg *mmsg, const struct udp_batch *batch)
{
	write_envelope(&mmsg->envelope, batch->endpoint, batch->tos, 0);
	for (uint32_t n = 0; n < batch->segments; n++) {
		uint32_t at = n * batch->segment_size;
		uint32_t left = batch->length - at;

		mmsg->parts[n].iov_base = batch->data + at;
		mmsg->parts[n].iov_len =
			left < batch->segment_size ? left : batch->segment_size;
		mmsg->headers[n].msg_hdr =
			make_header(&mmsg->envelope, &mmsg->parts[n]);
	}
}

static void record(struct send_result *result, uint32_t size, bool is_sent)
{
	uint32_t *largest =
		is_sent ? &result->largest_sent : &result->largest_failed;

	if (is_sent)
		result->bytes += size;
	if (size > *largest)
		*largest = size;
}

/* Record all datagrams of a batch alike. The first one is the largest. */
static struct send_result record_all(const struct udp_batch *batch,
				     bool is_sent)
{
	struct send_result result = {0};

	record(&result, batch->segment_size, is_sent);
	result.bytes = is_sent ? batch->length : 0;
	return result;
}

/* Send the datagrams one by one: where the kernel cannot segment, the route has
 * a smaller MTU, or the interface computes no checksums. sendmmsg reports the
 * error of the first datagram that failed; the others are sent after it. */
static struct send_result
send_singly(int descriptor, const struct udp_batch *batch, uint64_t *drops)
{
	struct send_result result = {0};
	struct mmsg mmsg;
	uint32_t done = 0;
	int sent;

	fill(&mmsg, batch);
	while (done < batch->segments) {
		sent = sendmmsg(descriptor, mmsg.headers + done,
				batch->segments - done, MSG_DONTWAIT);
		if (sent > 0) {
			for (; sent > 0; sent--, done++)
				record(&result,
				       (uint32_t)mmsg.parts[done].iov_len,
				       true);
		} else if (drop_stale_source(batch->endpoint, errno)) {
			fill(&mmsg, batch);
		} else {
			drops[drop_reason_of_send(errno)]++;
			record(&result, (uint32_t)mmsg.parts[done].iov_len,
			       false);
			done++;
		}
	}
	return result;
}

struct send_result socket_send_batch(const struct udp_sockets *sockets,
				     const struct udp_batch *batch,
				     bool gso_refused[SOCKET_FAMILIES],
				     uint64_t *drops)
{
	const int family = family_of(batch->endpoint);
	const struct udp_socket *socket = &sockets->family[family];
	int error;

	if (socket->descriptor < 0) {
		drops[DROP_NO_SOCKET] += batch->segments;
		return record_all(batch, false);
	}
	if (!socket->gso || gso_refused[family] || batch->segments == 1)
		return send_singly(socket->descriptor, batch, drops);
	error = send_whole(socket->descriptor, batch->endpoint, batch->data,
			   batch->length, batch->tos, batch->segment_size);
	if (!error)
		return record_all(batch, true);
	if (error == EIO)
		gso_refused[family] = true;
	if (error != EAGAIN && error != ENOBUFS)
		return send_singly(socket->descriptor, batch, drops);
	drops[drop_reason_of_send(error)] += batch->segments;
	return record_all(batch, false);
}
