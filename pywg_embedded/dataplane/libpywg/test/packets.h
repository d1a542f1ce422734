/* Packets built field by field, with checksums summed byte by byte. */
#ifndef PYWG_TEST_PACKETS_H
#define PYWG_TEST_PACKETS_H

#include "byteorder.h"
#include "net/ip.h"
#include "net/tcp_udp.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The fields of a packet; 0 stands for a usual value where one is given. */
struct spec {
	uint8_t version;
	uint8_t protocol;
	uint8_t tos;
	uint8_t ttl; /* default 64 */
	uint8_t ip_options; /* bytes of IPv4 options, or of an IPv6 extension */
	uint8_t tcp_options; /* bytes */
	uint8_t option; /* the byte that they are filled with */
	uint8_t flags; /* of TCP */
	uint8_t reserved; /* the bits of TCP behind the data offset */
	uint16_t fragment; /* flags and offset of IPv4 */
	uint16_t id;
	uint16_t port; /* source port */
	uint16_t window;
	uint16_t payload; /* bytes */
	uint32_t sequence; /* also the seed of the payload, for UDP too */
	uint32_t acknowledgment;
	uint8_t broken; /* offset of a byte to corrupt */
};

static inline uint32_t packets_sum(uint32_t sum, const uint8_t *data,
				   size_t length)
{
	for (size_t n = 0; n < length; n++)
		sum += n % 2 ? data[n] : (uint32_t)data[n] << 8;
	return sum;
}

static inline uint16_t packets_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)sum;
}

static inline uint16_t packets_pseudo(const uint8_t *packet, uint8_t protocol,
				      size_t length)
{
	uint32_t sum = protocol + (uint32_t)length;
	size_t at = packet[0] >> 4 == 4 ? 12 : 8;

	return packets_fold(packets_sum(sum, packet + at, at == 12 ? 8 : 32));
}

/* The checksum of the part behind the IP header, with its field taken as 0. */
static inline uint16_t packets_checksum(const uint8_t *packet,
					const uint8_t *transport,
					uint8_t protocol, size_t length)
{
	size_t at =
		protocol == IP_PROTOCOL_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT;
	uint32_t sum = packets_pseudo(packet, protocol, length);

	sum = packets_sum(sum, transport, at);
	sum = packets_sum(sum, transport + at + 2, length - at - 2);
	sum = (uint16_t)~packets_fold(sum);
	return protocol == IP_PROTOCOL_UDP && !sum ? 0xFFFF : (uint16_t)sum;
}

static inline size_t packets_write_ipv4(uint8_t *out, const struct spec *spec,
					size_t rest)
{
	size_t header = 20u + spec->ip_options;

	out[0] = (uint8_t)(0x40 | header / 4);
	out[1] = spec->tos;
	store_be16(out + 2, (uint16_t)(header + rest));
	store_be16(out + 4, spec->id);
	store_be16(out + 6, spec->fragment);
	out[8] = spec->ttl ? spec->ttl : 64;
	out[9] = spec->protocol;
	memcpy(out + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
	memset(out + 20, 0, spec->ip_options); /* end of options */
	store_be16(out + 10, 0);
	store_be16(out + 10,
		   (uint16_t)~packets_fold(packets_sum(0, out, header)));
	return header;
}

/* The extension header is destination options with PadN. */
static inline size_t packets_write_ipv6(uint8_t *out, const struct spec *spec,
					size_t rest)
{
	size_t extension = spec->ip_options;

	memset(out, 0, 40u + extension);
	out[0] = (uint8_t)(0x60 | spec->tos >> 4);
	out[1] = (uint8_t)(spec->tos << 4);
	store_be16(out + 4, (uint16_t)(extension + rest));
	out[6] = extension ? 60 : spec->protocol;
	out[7] = spec->ttl ? spec->ttl : 64;
	out[8] = out[24] = 0xFD;
	out[23] = 1;
	out[39] = 2;
	if (extension) {
		out[40] = spec->protocol;
		out[41] = (uint8_t)(extension / 8 - 1);
		out[42] = 1; /* PadN */
		out[43] = (uint8_t)(extension - 4);
	}
	return 40 + extension;
}

static inline size_t packets_write_tcp(uint8_t *out, const struct spec *spec)
{
	memset(out, 0, 20);
	store_be16(out, spec->port);
	store_be16(out + 2, 443);
	store_be32(out + 4, spec->sequence);
	store_be32(out + 8, spec->acknowledgment);
	out[12] = (uint8_t)((20 + spec->tcp_options) / 4 << 4);
	out[12] |= spec->reserved;
	out[13] = spec->flags;
	store_be16(out + 14, spec->window);
	memset(out + 20, spec->option, spec->tcp_options);
	return 20u + spec->tcp_options;
}

static inline size_t packets_write_transport(uint8_t *out,
					     const struct spec *spec)
{
	if (spec->protocol == IP_PROTOCOL_TCP)
		return packets_write_tcp(out, spec);
	memset(out, 0, 8);
	store_be16(out, spec->port);
	store_be16(out + 2, 53);
	store_be16(out + 4, (uint16_t)(8 + spec->payload));
	return 8;
}

static inline size_t packets_transport(const struct spec *spec)
{
	return (spec->version == 4 ? 20u : 40u) + spec->ip_options;
}

static inline size_t packets_headers(const struct spec *spec)
{
	size_t transport = spec->protocol == IP_PROTOCOL_TCP
				   ? 20u + spec->tcp_options
				   : 8u;

	return packets_transport(spec) + transport;
}

/* Build the packet and return its length. */
static inline size_t packets_make(uint8_t *out, const struct spec *spec)
{
	uint8_t *transport = out + packets_transport(spec);
	uint8_t *payload = transport + packets_write_transport(transport, spec);
	size_t length = (size_t)(payload - transport) + spec->payload;
	size_t at = spec->protocol == IP_PROTOCOL_TCP ? TCP_CHECKSUM_AT
						      : UDP_CHECKSUM_AT;

	for (uint32_t n = 0; n < spec->payload; n++)
		payload[n] =
			(uint8_t)((spec->sequence + n) * 2654435761u >> 24);
	if (spec->version == 4)
		packets_write_ipv4(out, spec, length);
	else
		packets_write_ipv6(out, spec, length);
	store_be16(transport + at,
		   packets_checksum(out, transport, spec->protocol, length));
	if (spec->broken)
		out[spec->broken] ^= 0x10;
	return (size_t)(transport - out) + length;
}

#endif
