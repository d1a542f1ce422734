/* The Internet checksum (RFC 1071).
 *
 * A sum adds 16-bit words in the byte order of memory, and is extended until it
 * is folded. Parts are added at even offsets: only the last may have an odd
 * length.
 */
#ifndef PYWG_CHECKSUM_H
#define PYWG_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Add `length` bytes, padded to an even number. */
uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t length);

/* The sum of the pseudo-header of TCP, UDP or ICMPv6. `packet` is the IP
 * header, `length` counts the transport header and its payload. */
uint64_t checksum_pseudo(const uint8_t *packet, uint8_t protocol,
			 size_t length);

/* Write the checksum of an IPv4 header of `size` bytes. */
void checksum_write_ipv4(uint8_t *packet, size_t size);

/* Add a 16-bit value in host order. */
static inline uint64_t checksum_add16(uint64_t sum, uint16_t value)
{
	const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
	uint16_t word;

	memcpy(&word, bytes, sizeof(word));
	return sum + word;
}

/* Fold a sum to 16 bits, in the byte order of memory; not inverted. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)sum;
}

/* Write a folded sum, or its inverse as the finished checksum. */
static inline void checksum_store(uint8_t *at, uint16_t folded)
{
	memcpy(at, &folded, sizeof(folded));
}

#endif
