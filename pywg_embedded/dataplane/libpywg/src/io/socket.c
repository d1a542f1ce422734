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
	/* Where ICMP "fragmentation needed" is blocked, DF would stop the
	 * tunnel (as in Linux). */
	{IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT},
	{0, 0, 0},
};
static const struct option v6_options[] = {
	{IPPROTO_IPV6, IPV6_V6ONLY, 1},
	{IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
	{IPPROTO_IPV6, IPV6_RECVTCLASS, 1},
	{0, 0, 0},
};

static int set_option(int descriptor, int level, int name, int value)
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

/* Linux 7.0 to 7.1.4 corrupts the datagrams that it segments. */
static bool gso_is_broken(void)
{
	struct utsname system;
	int major = 0, minor = 0, patch = 0;

	if (uname(&system) < 0 ||
	    sscanf(system.release, "%d.%d.%d", &major, &minor, &patch) < 2)
		return false;
	return major == 7 && (minor == 0 || (minor == 1 && patch < 5));
}

static void probe_offloads(struct udp_socket *socket, uint32_t offloads)
{
	const int descriptor = socket->descriptor;
	int size = 0;
	socklen_t length = sizeof(size);

	/* UDP_GRO works only in kernels where it can be read back (5.12). */
	socket->gro =
		offloads & PYWG_GRO &&
		set_option(descriptor, UDP_LEVEL, UDP_OPTION_GRO, 1) == 0 &&
		getsockopt(descriptor, UDP_LEVEL, UDP_OPTION_GRO, &size,
			   &length) == 0 &&
		size == 1;
	socket->gso = offloads & PYWG_GSO && !gso_is_broken() &&
		      getsockopt(descriptor, UDP_LEVEL, UDP_OPTION_SEGMENT,
				 &size, &length) == 0;
}

/* Open and bind one socket; -EAFNOSUPPORT if the machine lacks the family. */
static int open_socket(struct udp_socket *out, int family, uint32_t port,
		       uint32_t fwmark, uint32_t offloads)
{
	const struct option *option =
		family == AF_INET ? v4_options : v6_options;
	const int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	const int descriptor = socket(family, type, 0);
	int error;

	if (descriptor < 0)
		return -errno;
	for (; option->level || option->name; option++)
		set_option(descriptor, option->level, option->name,
			   option->value);
	set_option(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
	set_option(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER);
	if (fwmark &&
	    set_option(descriptor, SOL_SOCKET, SO_MARK, (int)fwmark) < 0)
		goto failed;
	if (bind_to(descriptor, family, port) < 0)
		goto failed;
	out->descriptor = descriptor;
	probe_offloads(out, offloads);
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

/* Open both families on one port. Return the port, or a negated errno with
 * neither open. */
static int open_pair(struct udp_sockets *sockets, uint32_t port,
		     uint32_t offloads)
{
	struct udp_socket *v4 = &sockets->family[SOCKET_V4];
	struct udp_socket *v6 = &sockets->family[SOCKET_V6];
	int error = open_socket(v4, AF_INET, port, sockets->fwmark, offloads);

	if (error && error != -EAFNOSUPPORT)
		return error;
	if (!error)
		port = (uint32_t)port_of(v4->descriptor);
	error = open_socket(v6, AF_INET6, port, sockets->fwmark, offloads);
	if (error == -EAFNOSUPPORT && v4->descriptor >= 0)
		return (int)port;
	if (error) {
		close_socket(v4);
		return error;
	}
	return port_of(v6->descriptor);
}

void sockets_init(struct udp_sockets *sockets)
{
	*sockets = (struct udp_sockets){
		.family = {{.descriptor = -1}, {.descriptor = -1}}};
}

int sockets_listen(struct udp_sockets *sockets, uint32_t port,
		   uint32_t offloads)
{
	struct udp_sockets opened;
	int bound = -EADDRINUSE;

	if (port && port == (uint32_t)sockets->port)
		return sockets->port;
	sockets_init(&opened);
	opened.fwmark = sockets->fwmark;
	/* A random port of one family may be in use in the other. */
	for (int n = 0; n < RANDOM_PORT_TRIES && bound == -EADDRINUSE; n++) {
		bound = open_pair(&opened, port, offloads);
		if (port)
			break;
	}
	if (bound < 0)
		return bound;
	sockets_close(sockets);
	*sockets = opened;
	sockets->port = bound;
	return bound;
}

void sockets_close(struct udp_sockets *sockets)
{
	for (int n = 0; n < SOCKET_FAMILIES; n++)
		close_socket(&sockets->family[n]);
	sockets->port = 0;
}

int sockets_set_fwmark(struct udp_sockets *sockets, uint32_t fwmark)
{
	for (int n = 0; n < SOCKET_FAMILIES; n++) {
		const int descriptor = sockets->family[n].descriptor;

		if (descriptor >= 0 && set_option(descriptor, SOL_SOCKET,
						  SO_MARK, (int)fwmark) < 0)
			return -errno;
	}
	sockets->fwmark = fwmark;
	return 0;
}

static void prepare_slot(struct mmsghdr *message, struct iovec *part,
			 union socket_address *address,
			 union control_buffer *control)
{
	memset(message, 0, sizeof(*message));
	message->msg_hdr.msg_name = address;
	message->msg_hdr.msg_namelen = sizeof(*address);
	message->msg_hdr.msg_iov = part;
	message->msg_hdr.msg_iovlen = 1;
	message->msg_hdr.msg_control = control;
	message->msg_hdr.msg_controllen = sizeof(*control);
}

static void load_slot(struct received_batch *out, struct mmsghdr *message,
		      const union socket_address *address)
{
	struct datagram_origin origin;

	datagram_origin_load(&origin, address, &message->msg_hdr);
	out->data = message->msg_hdr.msg_iov->iov_base;
	out->length = message->msg_len;
	if (message->msg_hdr.msg_flags & MSG_TRUNC)
		out->length = 0;
	out->segment_size =
		origin.segment_size ? origin.segment_size : out->length;
	out->tos = origin.tos;
	out->endpoint = origin.endpoint;
}

int socket_receive(const struct udp_socket *socket, uint8_t *buffer,
		   struct received_batch *out)
{
	struct mmsghdr messages[SOCKET_RECEIVE_SLOTS];
	struct iovec parts[SOCKET_RECEIVE_SLOTS];
	union socket_address addresses[SOCKET_RECEIVE_SLOTS];
	union control_buffer controls[SOCKET_RECEIVE_SLOTS];
	int count;

	for (size_t n = 0; n < SOCKET_RECEIVE_SLOTS; n++) {
		parts[n].iov_base = buffer + n * SOCKET_RECEIVE_SLOT_SIZE;
		parts[n].iov_len = SOCKET_RECEIVE_SLOT_SIZE;
		prepare_slot(&messages[n], &parts[n], &addresses[n],
			     &controls[n]);
	}
	count = recvmmsg(socket->descriptor, messages, SOCKET_RECEIVE_SLOTS,
			 MSG_DONTWAIT, NULL);
	if (count < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (int n = 0; n < count; n++)
		load_slot(&out[n], &messages[n], &addresses[n]);
	return count;
}
