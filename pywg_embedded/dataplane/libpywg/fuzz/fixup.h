/* Repair lengths and checksums of fuzzed packets: without it hardly any would
 * be valid, and hardly any would be aggregated. */
#ifndef PYWG_FUZZ_FIXUP_H
#define PYWG_FUZZ_FIXUP_H

#include <stddef.h>
#include <stdint.h>

/* The TCP or UDP header of a complete packet that is not a fragment. */
struct transport_location {
	size_t at; /* 0 for none */
	size_t size;
	size_t checksum; /* offset of its field in the packet */
	uint8_t protocol;
};

struct transport_location fixup_find_transport(const uint8_t *packet,
					       size_t length);

/* Write the length fields and checksums of a packet of this length, as far as
 * it has headers for them. */
void fixup_packet(uint8_t *packet, size_t length);

/* Whether the checksum of the transport header is valid. */
int checksum_is_valid(const uint8_t *packet, size_t length);

/* Write the sum of the pseudo-header to the checksum field. */
void fixup_partial_checksum(uint8_t *packet, size_t length);

#endif
