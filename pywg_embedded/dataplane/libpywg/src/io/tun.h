/* The TUN descriptor, with or without a virtio-net header before each packet.
 */
#ifndef PYWG_TUN_H
#define PYWG_TUN_H

#include "offload/virtio_net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The largest packet that tun_read returns. */
#define TUN_MAX_PACKET 65535

struct tun {
	int descriptor;
	bool has_header;
};

/* Use this descriptor: make it non-blocking, find out whether packets have a
 * header, and offer the kernel the TUN offloads in `*offloads`; those that it
 * refuses are removed. Return 0, or a negated errno. */
int tun_init(struct tun *tun, int descriptor, uint32_t *offloads);
/* Read one packet to `out` (TUN_MAX_PACKET bytes). Return its length, or a
 * negated errno. */
ssize_t tun_read(const struct tun *tun, struct virtio_net_header *header,
		 uint8_t *out);
/* Write one packet: its virtio-net header in the first part, which is left out
 * if the TUN has none. Return 0, or a negated errno. */
int tun_write(const struct tun *tun, const struct iovec *parts, int count);
/* Count a failed read or write: in `*gone` if the interface was deleted, else
 * in `drops`. */
void tun_count_error(int error, uint64_t *drops, bool *gone);

#endif
