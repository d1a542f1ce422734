/* Packets that a fuzzer bent are made whole again: without, next to none would
 * have right checksums, and next to none would be merged. */
#ifndef PYWG_FUZZ_FIXUP_H
#define PYWG_FUZZ_FIXUP_H

#include <stddef.h>
#include <stdint.h>

/* The TCP or UDP header of a packet that is no fragment, and whole. */
struct transport_location {
	size_t at; /* 0: there is none */
	size_t size;
	size_t checksum; /* offset of its field in the packet */
	uint8_t protocol;
};

struct transport_location fixup_find_transport(const uint8_t *packet,
					       size_t length);

/* Write the lengths and checksums that a packet of so many bytes should have,
 * as far as it has headers for them. */
void fixup_packet(uint8_t *packet, size_t length);

/* Whether the checksum of its transport header is right. */
int checksum_is_valid(const uint8_t *packet, size_t length);

/* Write the sum of the pseudo-header where the checksum belongs. */
void fixup_partial_checksum(uint8_t *packet, size_t length);

#endif
