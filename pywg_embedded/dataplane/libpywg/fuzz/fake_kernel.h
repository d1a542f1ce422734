/* The kernel for a fuzzed plane: system calls are redirected here (see
 * CMakeLists.txt), and the target sets what is read and what fails. Only the
 * sockets are real. */
#ifndef PYWG_FUZZ_FAKE_KERNEL_H
#define PYWG_FUZZ_FAKE_KERNEL_H

#include "pywg.h"

#include <stddef.h>
#include <stdint.h>

#define FAKE_KERNEL_MAX_PACKETS 16

struct fake_bytes {
	const uint8_t *data;
	size_t size;
};

/* A datagram, or several of `segment` bytes each but the last. */
struct fake_datagram {
	struct fake_bytes bytes;
	uint16_t segment; /* 0 for one */
	uint8_t tos;
	struct pywg_endpoint from;
};

extern struct fake_kernel {
	/* The TUN has a header before each packet. */
	int tun;
	struct fake_bytes packets[FAKE_KERNEL_MAX_PACKETS];
	unsigned packets_count;
	unsigned packets_read;
	struct fake_datagram datagram; /* none if bytes.data is NULL */
	/* The errno of each large write to the TUN, and of each segmented send.
	 */
	int large_write_fails;
	int segmented_send_fails;
} kernel;

/* Open a plane over that TUN that listens, its clock stopped. */
int fake_kernel_open_plane(uint32_t peers, uint32_t allowed_ips, uint64_t now);

/* Defined by the target: called for each write to the TUN, with its virtio-net
 * header, and for each datagram sent. */
void target_written(const uint8_t *data, size_t size);
void target_sent(const uint8_t *data, size_t size,
		 const struct pywg_endpoint *to, uint8_t tos);

#endif
