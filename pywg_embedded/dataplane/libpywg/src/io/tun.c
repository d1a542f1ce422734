#include "io/tun.h"
#include "event_queue.h"

#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* What ioctl takes; that of POSIX, and so of musl, is signed. */
#ifdef __GLIBC__
typedef unsigned long tun_request;
#else
typedef int tun_request;
#endif

/* linux/if_tun.h, of which not every libc's headers have the newer half. */
#define TUN_IOCTL_GETIFF ((tun_request)_IOR('T', 210, unsigned int))
#define TUN_IOCTL_SETOFFLOAD ((tun_request)_IOW('T', 208, unsigned int))
#define TUN_IOCTL_SETVNETHDRSZ ((tun_request)_IOW('T', 216, int))
#define TUN_IFF_VNET_HDR 0x4000
#define TUN_OFFLOAD_CSUM 0x01
#define TUN_OFFLOAD_TSO (0x02 | 0x04)
#define TUN_OFFLOAD_USO (0x20 | 0x40)

static bool offer(struct plane *plane, uint32_t offloads)
{
	unsigned long flags = TUN_OFFLOAD_CSUM;

	if (offloads & PYWG_TSO)
		flags |= TUN_OFFLOAD_TSO;
	if (offloads & PYWG_USO)
		flags |= TUN_OFFLOAD_USO;
	return ioctl(plane->tun, TUN_IOCTL_SETOFFLOAD, flags) == 0;
}

int tun_init(struct plane *plane)
{
	static const uint32_t attempts[] = {
		PYWG_TSO | PYWG_USO, /* Linux 6.2 and later */
		PYWG_TSO,
		0,
	};
	const uint32_t wanted = plane->offloads & (PYWG_TSO | PYWG_USO);
	int size = VIRTIO_NET_HDR_SIZE;
	struct ifreq ifreq = {0};

	plane->offloads &= ~(uint32_t)(PYWG_TSO | PYWG_USO);
	/* What is no TUN (a socket, in tests) has no header either. */
	if (ioctl(plane->tun, TUN_IOCTL_GETIFF, &ifreq) < 0)
		return 0;
	plane->tun_has_header = ifreq.ifr_flags & TUN_IFF_VNET_HDR;
	if (!plane->tun_has_header)
		return 0;
	if (ioctl(plane->tun, TUN_IOCTL_SETVNETHDRSZ, &size) < 0)
		return -errno;
	for (size_t n = 0; n < sizeof(attempts) / sizeof(*attempts); n++) {
		uint32_t offloads = attempts[n] & wanted;

		if (offer(plane, offloads)) {
			plane->offloads |= offloads;
			return 0;
		}
	}
	return 0;
}

static void failed(struct direction *direction, int error)
{
	if (error != EBADFD && error != ENODEV && error != EBADF)
		count_drop(direction, drop_reason_of_tun(error));
	else
		direction->tun_gone = true;
}

ssize_t tun_read(struct plane *plane, struct virtio_net_header *header,
		 uint8_t *out)
{
	const size_t before = plane->tun_has_header ? VIRTIO_NET_HDR_SIZE : 0;
	uint8_t bytes[VIRTIO_NET_HDR_SIZE] = {0};
	struct iovec parts[2] = {
		{bytes, before},
		{out, MAX_PACKET},
	};
	ssize_t length = readv(plane->tun, parts, 2);

	if (length < 0) {
		if (errno != EAGAIN)
			failed(&plane->tx, errno);
		return -EAGAIN;
	}
	*header = virtio_net_load(bytes);
	return length < (ssize_t)before ? 0 : length - (ssize_t)before;
}

void tun_write(struct plane *plane, const uint8_t *packet, size_t length)
{
	uint8_t none[VIRTIO_NET_HDR_SIZE] = {0};
	const struct iovec parts[2] = {
		{none, VIRTIO_NET_HDR_SIZE},
		{(void *)(uintptr_t)packet, length},
	};

	tun_write_parts(&plane->tx, parts, 2);
}

bool tun_write_parts(void *context, const struct iovec *parts, int count)
{
	struct direction *direction = context;
	const struct plane *plane = direction->plane;
	const int skipped = plane->tun_has_header ? 0 : 1;

	if (writev(plane->tun, parts + skipped, count - skipped) >= 0)
		return true;
	/* Linux 6.6.44 refuses large packets with a short end: the packets come
	 * again one by one, and only what fails then is lost. */
	if (errno == EINVAL && count > 2)
		return false;
	failed(direction, errno);
	return true;
}
