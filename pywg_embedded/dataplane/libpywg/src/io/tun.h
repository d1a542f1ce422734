/* The TUN descriptor, with or without a header before each packet. */
#ifndef PYWG_TUN_H
#define PYWG_TUN_H

#include "offload/virtio_net.h"
#include "plane.h"

#include <sys/types.h>

/* Learn whether packets have a header, and offer the kernel our offloads; those
 * it refuses are taken out of plane->offloads. 0 or a negated errno. */
int tun_init(struct plane *plane);
/* Read a packet to `out` (MAX_PACKET bytes); its length, or -EAGAIN. Any
 * other error has been counted and ends a burst just the same. */
ssize_t tun_read(struct plane *plane, struct virtio_net_header *header,
		 uint8_t *out);
/* One packet as it is, from the tx direction. */
void tun_write(struct plane *plane, const uint8_t *packet, size_t length);
/* A gro_write; context is the direction. */
bool tun_write_parts(void *context, const struct iovec *parts, int count);

#endif
