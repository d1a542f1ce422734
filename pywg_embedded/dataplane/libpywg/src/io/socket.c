#include "io/socket.h"
#include "io/sockaddr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SOCKET_BUFFER (1 << 20)
#define RANDOM_PORT_TRIES 32
#define UDP_LEVEL 17
#define UDP_OPTION_SEGMENT 103
#define UDP_OPTION_GRO 104

struct option {
	int level;
	int name;
	int value;
};

static const struct option v4_options[] = {
	{IPPROTO_IP, IP_PKTINFO, 1},
	{IPPROTO_IP, IP_RECVTOS, 1},
	/* A blocked "fragmentation needed" must not stop the tunnel (linux: no
	 * DF). */
	{IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT},
	{0, 0, 0},
};
static const struct option v6_options[] = {
	{IPPROTO_IPV6, IPV6_V6ONLY, 1},
	{IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
	{IPPROTO_IPV6, IPV6_RECVTCLASS, 1},
	{0, 0, 0},
};

static int set(int descriptor, int level, int name, int value)
{
	return setsockopt(descriptor, level, name, &value, sizeof(value));
}

static int bind_to(int descriptor, int family, uint32_t port)
{
	union socket_address address = {0};
	socklen_t size = sizeof(address.v6);

	if (family == AF_INET) {
		size = sizeof(address.v4);
		address.v4.sin_port = htons((uint16_t)port);
	} else {
		address.v6.sin6_port = htons((uint16_t)port);
	}
	address.any.sa_family = (sa_family_t)family;
	return bind(descriptor, &address.any, size);
}

/* Linux 7.0 to 7.1.4 corrupts what it segments. */
static bool gso_is_broken(void)
{
	struct utsname system;
	int major = 0, minor = 0, patch = 0;

	if (uname(&system) < 0 ||
	    sscanf(system.release, "%d.%d.%d", &major, &minor, &patch) < 2)
		return false;
	return major == 7 && (minor == 0 || (minor == 1 && patch < 5));
}

static void probe_offloads(const struct plane *plane, struct udp_socket *socket)
{
	const int descriptor = socket->descriptor;
	int size = 0;
	socklen_t length = sizeof(size);

	/* Only kernels whose UDP_GRO can be read back have a sound one (5.12).
	 */
	socket->gro = plane->offloads & PYWG_GRO &&
		      set(descriptor, UDP_LEVEL, UDP_OPTION_GRO, 1) == 0 &&
		      getsockopt(descriptor, UDP_LEVEL, UDP_OPTION_GRO, &size,
				 &length) == 0 &&
		      size == 1;
	socket->gso = plane->offloads & PYWG_GSO && !gso_is_broken() &&
		      getsockopt(descriptor, UDP_LEVEL, UDP_OPTION_SEGMENT,
				 &size, &length) == 0;
}

/* A bound socket; -EAFNOSUPPORT where the machine lacks the family. */
static int open_socket(const struct plane *plane, struct udp_socket *into,
		       int family, uint32_t port)
{
	const struct option *option =
		family == AF_INET ? v4_options : v6_options;
	const int kind = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	const int descriptor = socket(family, kind, 0);
	int error;

	if (descriptor < 0)
		return -errno;
	for (; option->level || option->name; option++)
		set(descriptor, option->level, option->name, option->value);
	set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
	set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER);
	if (plane->fwmark &&
	    set(descriptor, SOL_SOCKET, SO_MARK, (int)plane->fwmark) < 0)
		goto failed;
	if (bind_to(descriptor, family, port) < 0)
		goto failed;
	into->descriptor = descriptor;
	probe_offloads(plane, into);
	return 0;
failed:
	error = errno == EADDRNOTAVAIL ? EAFNOSUPPORT : errno;
	close(descriptor);
	return -error;
}

static int port_of(int descriptor)
{
	union socket_address address;
	socklen_t size = sizeof(address);

	if (getsockname(descriptor, &address.any, &size) < 0)
		return -errno;
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
						      : address.v6.sin6_port);
}

static void close_socket(struct udp_socket *socket)
{
	if (socket->descriptor >= 0)
		close(socket->descriptor);
	socket->descriptor = -1;
}

/* Both families on one port; the port, or a negated errno with none open. */
static int open_pair(const struct plane *plane, struct udp_socket *v4,
		     struct udp_socket *v6, uint32_t port)
{
	int error = open_socket(plane, v4, AF_INET, port);

	if (error && error != -EAFNOSUPPORT)
		return error;
	if (!error)
		port = (uint32_t)port_of(v4->descriptor);
	error = open_socket(plane, v6, AF_INET6, port);
	if (error == -EAFNOSUPPORT && v4->descriptor >= 0)
		return (int)port;
	if (error) {
		close_socket(v4);
		return error;
	}
	return port_of(v6->descriptor);
}

int socket_listen(struct plane *plane, uint32_t port)
{
	struct udp_socket v4 = {-1, false, false};
	struct udp_socket v6 = {-1, false, false};
	int taken = -EADDRINUSE;

	if (port && port == (uint32_t)plane->port)
		return plane->port;
	/* A random port of one family may be taken in the other. */
	for (int n = 0; n < RANDOM_PORT_TRIES && taken == -EADDRINUSE; n++) {
		taken = open_pair(plane, &v4, &v6, port);
		if (port)
			break;
	}
	if (taken < 0)
		return taken;
	socket_close(plane);
	plane->v4 = v4;
	plane->v6 = v6;
	plane->port = taken;
	return taken;
}

void socket_close(struct plane *plane)
{
	close_socket(&plane->v4);
	close_socket(&plane->v6);
	plane->port = 0;
}

int socket_set_fwmark(struct plane *plane, uint32_t fwmark)
{
	const int descriptors[] = {plane->v4.descriptor, plane->v6.descriptor};

	for (int n = 0; n < 2; n++) {
		if (descriptors[n] >= 0 &&
		    set(descriptors[n], SOL_SOCKET, SO_MARK, (int)fwmark) < 0)
			return -errno;
	}
	plane->fwmark = fwmark;
	return 0;
}

static void prepare_slot(struct plane *plane, struct mmsghdr *message,
			 struct iovec *part, union socket_address *address,
			 union control_buffer *control, uint32_t slot)
{
	part->iov_base = plane->rx_buffer + (size_t)slot * RECEIVE_SLOT_SIZE;
	part->iov_len = RECEIVE_SLOT_SIZE;
	memset(message, 0, sizeof(*message));
	message->msg_hdr.msg_name = address;
	message->msg_hdr.msg_namelen = sizeof(*address);
	message->msg_hdr.msg_iov = part;
	message->msg_hdr.msg_iovlen = 1;
	message->msg_hdr.msg_control = control;
	message->msg_hdr.msg_controllen = sizeof(*control);
}

static void load_slot(struct received *out, struct mmsghdr *message,
		      const union socket_address *address)
{
	struct datagram_origin origin;

	datagram_origin_load(&origin, address, &message->msg_hdr);
	out->data = message->msg_hdr.msg_iov->iov_base;
	out->length = message->msg_len;
	if (message->msg_hdr.msg_flags & MSG_TRUNC)
		out->length = 0;
	out->segment = origin.segment ? origin.segment : out->length;
	out->tos = origin.tos;
	out->source = origin.endpoint;
}

uint32_t socket_receive(struct plane *plane, struct udp_socket *socket,
			struct received *out)
{
	struct mmsghdr messages[RECEIVE_SLOTS];
	struct iovec parts[RECEIVE_SLOTS];
	union socket_address addresses[RECEIVE_SLOTS];
	union control_buffer controls[RECEIVE_SLOTS];
	int count;

	for (uint32_t n = 0; n < RECEIVE_SLOTS; n++)
		prepare_slot(plane, &messages[n], &parts[n], &addresses[n],
			     &controls[n], n);
	count = recvmmsg(socket->descriptor, messages, RECEIVE_SLOTS,
			 MSG_DONTWAIT, NULL);
	if (count < 0) {
		if (errno != EAGAIN)
			count_drop(&plane->rx, drop_reason_of_receive(errno));
		return 0;
	}
	for (int n = 0; n < count; n++)
		load_slot(&out[n], &messages[n], &addresses[n]);
	return (uint32_t)count;
}
