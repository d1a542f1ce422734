#include "io/tun.h"
#include "drop_reasons.h"
#include "pywg.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>

/* The request argument of ioctl is signed in POSIX, and so in musl. */
#ifdef __GLIBC__
typedef unsigned long tun_request;
#else
typedef int tun_request;
#endif

/* linux/if_tun.h, whose newer half is missing in the headers of some libcs. */
#define TUN_IOCTL_GETIFF ((tun_request)_IOR('T', 210, unsigned int))
#define TUN_IOCTL_SETOFFLOAD ((tun_request)_IOW('T', 208, unsigned int))
#define TUN_IOCTL_SETVNETHDRSZ ((tun_request)_IOW('T', 216, int))
#define TUN_IFF_VNET_HDR 0x4000
#define TUN_OFFLOAD_CSUM 0x01
#define TUN_OFFLOAD_TSO (0x02 | 0x04)
#define TUN_OFFLOAD_USO (0x20 | 0x40)

static bool set_offloads(int descriptor, uint32_t offloads)
{
	unsigned long flags = TUN_OFFLOAD_CSUM;

	if (offloads & PYWG_TSO)
		flags |= TUN_OFFLOAD_TSO;
	if (offloads & PYWG_USO)
		flags |= TUN_OFFLOAD_USO;
	return ioctl(descriptor, TUN_IOCTL_SETOFFLOAD, flags) == 0;
}

/* The largest supported subset of these offloads. */
static uint32_t negotiate_offloads(int descriptor, uint32_t wanted)
{
	static const uint32_t candidates[] = {
		PYWG_TSO | PYWG_USO, /* Linux 6.2 and later */
		PYWG_TSO,
		0,
	};

	for (size_t n = 0; n < sizeof(candidates) / sizeof(*candidates); n++) {
		const uint32_t offloads = candidates[n] & wanted;

		if (set_offloads(descriptor, offloads))
			return offloads;
	}
	return 0;
}

int tun_init(struct tun *tun, int descriptor, uint32_t *offloads)
{
	const uint32_t wanted = *offloads & (PYWG_TSO | PYWG_USO);
	const int flags = fcntl(descriptor, F_GETFL);
	int size = VIRTIO_NET_HDR_SIZE;
	struct ifreq ifreq = {0};

	if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	*tun = (struct tun){.descriptor = descriptor};
	*offloads &= ~(uint32_t)(PYWG_TSO | PYWG_USO);
	/* A socket in place of a TUN, as in tests, has no header. */
	if (ioctl(descriptor, TUN_IOCTL_GETIFF, &ifreq) < 0)
		return 0;
	tun->has_header = ifreq.ifr_flags & TUN_IFF_VNET_HDR;
	if (!tun->has_header)
		return 0;
	if (ioctl(descriptor, TUN_IOCTL_SETVNETHDRSZ, &size) < 0)
		return -errno;
	*offloads |= negotiate_offloads(descriptor, wanted);
	return 0;
}

ssize_t tun_read(const struct tun *tun, struct virtio_net_header *header,
		 uint8_t *out)
{
	const ssize_t header_size = tun->has_header ? VIRTIO_NET_HDR_SIZE : 0;
	uint8_t bytes[VIRTIO_NET_HDR_SIZE] = {0};
	struct iovec parts[2] = {
		{bytes, (size_t)header_size},
		{out, TUN_MAX_PACKET},
	};
	const ssize_t length = readv(tun->descriptor, parts, 2);

	if (length < 0)
		return -errno;
	*header = virtio_net_load(bytes);
	return length < header_size ? 0 : length - header_size;
}

int tun_write(const struct tun *tun, const struct iovec *parts, int count)
{
	const int skipped = tun->has_header ? 0 : 1;

	if (writev(tun->descriptor, parts + skipped, count - skipped) < 0)
		return -errno;
	return 0;
}

void tun_count_error(int error, uint64_t *drops, bool *gone)
{
	if (error == EBADFD || error == ENODEV || error == EBADF)
		*gone = true;
	else
		drops[drop_reason_of_tun(error)]++;
}
