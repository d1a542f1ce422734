/* The headers of TCP (RFC 9293, 3.1) and UDP (RFC 768). */
#ifndef PYWG_TCP_UDP_H
#define PYWG_TCP_UDP_H

#include <stddef.h>
#include <stdint.h>

enum {
	TCP_SEQUENCE_AT = 4,
	TCP_ACKNOWLEDGMENT_AT = 8,
	TCP_OFFSET_AT = 12,
	TCP_FLAGS_AT = 13,
	TCP_WINDOW_AT = 14,
	TCP_CHECKSUM_AT = 16,
	TCP_URGENT_AT = 18,
	TCP_HEADER = 20,
};

enum tcp_flags {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

enum {
	UDP_LENGTH_AT = 4,
	UDP_CHECKSUM_AT = 6,
	UDP_HEADER = 8,
};

/* Return the size of the header with its options; 0 if it is below TCP_HEADER.
 */
static inline size_t tcp_header_size(const uint8_t *tcp)
{
	size_t size = 4 * (size_t)(tcp[TCP_OFFSET_AT] >> 4);

	return size < TCP_HEADER ? 0 : size;
}

#endif
