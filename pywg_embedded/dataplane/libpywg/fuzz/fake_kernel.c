#include "fake_kernel.h"
#include "fuzz.h"
#include "io/sockaddr.h"
#include "offload/virtio_net.h"
#include "plane.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#define MAX_DESCRIPTORS 256
#define UDP_LEVEL 17
#define UDP_OPTION_SEGMENT 103
#define UDP_OPTION_GRO 104
#define IFF_WITH_HEADER 0x4000

struct fake_kernel kernel;

static uint8_t gathered[VIRTIO_NET_HDR_SIZE + TUN_MAX_PACKET + 1];

int fake_kernel_open_plane(uint32_t peers, uint32_t allowed_ips, uint64_t now)
{
	const uint32_t offloads = PYWG_TSO | PYWG_USO | PYWG_GSO | PYWG_GRO;
	int plane;

	kernel.tun = open("/dev/null", O_RDWR);
	plane = pywg_open(kernel.tun, peers, allowed_ips, 64, 32, offloads);
	REQUIRE(plane >= 0);
	REQUIRE(pywg_listen(plane, 0) > 0);
	REQUIRE(pywg_set_time(plane, now) == 0);
	return plane;
}

static size_t gather(const struct iovec *parts, size_t count)
{
	size_t size = 0;

	for (size_t n = 0; n < count; n++) {
		REQUIRE(size + parts[n].iov_len <= sizeof(gathered));
		memcpy(gathered + size, parts[n].iov_base, parts[n].iov_len);
		size += parts[n].iov_len;
	}
	return size;
}

/* Copy as much as the parts hold. */
static size_t scatter(const struct iovec *parts, size_t count,
		      struct fake_bytes from)
{
	size_t done = 0;

	for (size_t n = 0; n < count; n++) {
		size_t left = from.size - done;
		size_t part = left < parts[n].iov_len ? left : parts[n].iov_len;

		if (part)
			memcpy(parts[n].iov_base, from.data + done, part);
		done += part;
	}
	return done;
}

static int family_of(int descriptor)
{
	static int families[MAX_DESCRIPTORS];
	int family = 0;
	socklen_t size = sizeof(family);

	REQUIRE(descriptor >= 0 && descriptor < MAX_DESCRIPTORS);
	if (families[descriptor])
		return families[descriptor];
	getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size);
	families[descriptor] = family;
	return family;
}

static bool has_datagram(int descriptor)
{
	const int family =
		kernel.datagram.from.address_size == 4 ? AF_INET : AF_INET6;

	return kernel.datagram.bytes.data && family_of(descriptor) == family;
}

static bool is_readable(int descriptor)
{
	if (descriptor < 0)
		return false;
	if (descriptor == kernel.tun)
		return kernel.packets_read < kernel.packets_count;
	return has_datagram(descriptor);
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* The calls, by the names of the linker option --wrap. */

int __real_ioctl(int descriptor, unsigned long request, ...);
int __wrap_ioctl(int descriptor, unsigned long request, ...);
int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout);
ssize_t __real_readv(int descriptor, const struct iovec *parts, int count);
ssize_t __wrap_readv(int descriptor, const struct iovec *parts, int count);
ssize_t __real_writev(int descriptor, const struct iovec *parts, int count);
ssize_t __wrap_writev(int descriptor, const struct iovec *parts, int count);
int __wrap_recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count,
		    int flags, struct timespec *timeout);
ssize_t __wrap_sendmsg(int descriptor, const struct msghdr *message, int flags);
int __wrap_sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count,
		    int flags);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);

/* Without netlink: the routes of this machine must not matter. */
int __wrap_socket(int domain, int type, int protocol)
{
	if (domain == AF_NETLINK)
		return fail(EAFNOSUPPORT);
	return __real_socket(domain, type, protocol);
}

int __wrap_ioctl(int descriptor, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (descriptor != kernel.tun)
		return __real_ioctl(descriptor, request, argument);
	if (request == (unsigned long)_IOR('T', 210, unsigned int))
		((struct ifreq *)argument)->ifr_flags = IFF_WITH_HEADER;
	return 0;
}

int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout)
{
	int ready = 0;

	(void)timeout;
	for (nfds_t n = 0; n < count; n++) {
		polled[n].revents = is_readable(polled[n].fd) ? POLLIN : 0;
		ready += polled[n].revents != 0;
	}
	return ready;
}

ssize_t __wrap_readv(int descriptor, const struct iovec *parts, int count)
{
	if (descriptor != kernel.tun)
		return __real_readv(descriptor, parts, count);
	if (!is_readable(descriptor))
		return fail(EAGAIN);
	return (ssize_t)scatter(parts, (size_t)count,
				kernel.packets[kernel.packets_read++]);
}

ssize_t __wrap_writev(int descriptor, const struct iovec *parts, int count)
{
	size_t size;

	if (descriptor != kernel.tun)
		return __real_writev(descriptor, parts, count);
	if (count > 2 && kernel.large_write_fails)
		return fail(kernel.large_write_fails);
	size = gather(parts, (size_t)count);
	target_written(gathered, size);
	return (ssize_t)size;
}

static size_t add_control(struct msghdr *message, size_t used, int level,
			  int kind, int value)
{
	struct cmsghdr *part = (void *)((uint8_t *)message->msg_control + used);

	REQUIRE(used + CMSG_SPACE(sizeof(value)) <= message->msg_controllen);
	part->cmsg_level = level;
	part->cmsg_type = kind;
	part->cmsg_len = CMSG_LEN(sizeof(value));
	memcpy(CMSG_DATA(part), &value, sizeof(value));
	return used + CMSG_SPACE(sizeof(value));
}

static void fill_message(struct msghdr *message)
{
	const struct fake_datagram *datagram = &kernel.datagram;
	const bool is_v4 = datagram->from.address_size == 4;
	union socket_address address;
	size_t used;

	message->msg_namelen = sockaddr_store(&address, &datagram->from);
	memcpy(message->msg_name, &address, message->msg_namelen);
	used = add_control(message, 0, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
			   is_v4 ? IP_TOS : IPV6_TCLASS, datagram->tos);
	if (datagram->segment)
		used = add_control(message, used, UDP_LEVEL, UDP_OPTION_GRO,
				   datagram->segment);
	message->msg_controllen = used;
	message->msg_flags = 0;
}

int __wrap_recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count,
		    int flags, struct timespec *timeout)
{
	struct msghdr *message = &messages->msg_hdr;

	(void)flags;
	(void)timeout;
	if (!count || !has_datagram(descriptor))
		return fail(EAGAIN);
	fill_message(message);
	messages->msg_len = (unsigned)scatter(
		message->msg_iov, message->msg_iovlen, kernel.datagram.bytes);
	kernel.datagram.bytes.data = NULL;
	return 1;
}

static void read_control(const struct msghdr *message, uint16_t *segment,
			 uint8_t *tos)
{
	struct cmsghdr *part;

	for (part = CMSG_FIRSTHDR(message); part;
	     part = CMSG_NXTHDR((struct msghdr *)(uintptr_t)message, part)) {
		if (part->cmsg_level == UDP_LEVEL)
			memcpy(segment, CMSG_DATA(part), sizeof(*segment));
		else if (part->cmsg_type == IP_TOS ||
			 part->cmsg_type == IPV6_TCLASS)
			*tos = *CMSG_DATA(part);
	}
}

ssize_t __wrap_sendmsg(int descriptor, const struct msghdr *message, int flags)
{
	struct datagram_origin to;
	union socket_address address;
	struct msghdr name_only = {0};
	uint16_t segment = 0;
	uint8_t tos = 0;
	size_t size;

	(void)descriptor;
	(void)flags;
	read_control(message, &segment, &tos);
	if (segment && kernel.segmented_send_fails)
		return fail(kernel.segmented_send_fails);
	memcpy(&address, message->msg_name, message->msg_namelen);
	datagram_origin_load(&to, &address, &name_only);
	size = gather(message->msg_iov, message->msg_iovlen);
	REQUIRE(size <= SOCKET_MAX_DATAGRAM || !segment);
	for (size_t at = 0; at < size; at += segment) {
		size_t left = size - at;

		if (!segment || left < segment)
			segment = (uint16_t)left;
		target_sent(gathered + at, segment, &to.endpoint, tos);
	}
	return (ssize_t)size;
}

int __wrap_sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count,
		    int flags)
{
	for (unsigned n = 0; n < count; n++) {
		ssize_t size =
			__wrap_sendmsg(descriptor, &messages[n].msg_hdr, flags);

		if (size < 0)
			return n ? (int)n : -1;
		messages[n].msg_len = (unsigned)size;
	}
	return (int)count;
}
