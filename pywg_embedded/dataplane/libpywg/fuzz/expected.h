/* The packets expected at the TUN: each once, unchanged, and in the order of
 * its flow. */
#ifndef PYWG_FUZZ_EXPECTED_H
#define PYWG_FUZZ_EXPECTED_H

#include <stddef.h>
#include <stdint.h>

#define EXPECTED_MAX 192

/* The length in the header of an IP packet; 0 if it is invalid. */
size_t expected_length(const uint8_t *packet, size_t size);

/* Expect no packet. */
void expected_begin(void);
/* Expect a copy of this packet. */
void expected_add(const uint8_t *packet, size_t length);
/* Check a write to the TUN, with its virtio-net header: an expected packet, or
 * a large one that the kernel would cut into expected ones. */
void expected_written(const uint8_t *data, size_t size);
/* Check that all expected packets were written. */
void expected_end(void);

#endif
