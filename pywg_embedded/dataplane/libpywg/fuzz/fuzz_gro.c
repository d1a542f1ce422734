/* Bursts through GRO: its writes, segmented again, are the packets that were
 * added. */
#include "byteorder.h"
#include "expected.h"
#include "fixup.h"
#include "fuzz.h"
#include "net/ip.h"
#include "net/tcp_udp.h"
#include "offload/gro.h"

#include <string.h>

#define ROOM (GRO_MAX_PACKETS * 4096)
#define MAX_HEADERS 128

/* How to build a packet: from bytes of the input, or with the headers of the
 * previous one before them. */
enum how {
	HOW_FIXUP = 0x01,
	HOW_FOLLOW = 0x02,
	HOW_SAME_ID = 0x04,
	HOW_PUSH = 0x08,
	HOW_BEND = 0x10, /* change a byte of these headers: offset and bits */
	HOW_LONG = 0x20, /* append zeros, up to a multiple of the length */
};

#define LONG 32

/* Input: features, refused large writes as bits, then packets: how, length (2
 * bytes), bytes. */
static struct gro gro;
static uint8_t buffer[ROOM];
static uint8_t refused;

static size_t headers_of(const uint8_t *packet, size_t length)
{
	const struct transport_location found =
		fixup_find_transport(packet, length);
	size_t size = UDP_HEADER;

	if (!found.at)
		return 0;
	if (found.protocol == IP_PROTOCOL_TCP)
		size = tcp_header_size(packet + found.at);
	return size && size <= found.size ? found.at + size : 0;
}

/* Rewrite a copy of the headers to follow a packet with this payload. */
static void follow(struct input *input, uint8_t *packet, size_t headers,
		   size_t payload, uint8_t how)
{
	const struct transport_location found =
		fixup_find_transport(packet, headers);
	uint8_t *tcp = packet + found.at;
	uint16_t id = load_be16(packet + 4);

	if (how & HOW_BEND) {
		size_t at = input_byte(input) % headers;

		packet[at] ^= input_byte(input);
	}
	if (packet[0] >> 4 == 4 && !(how & HOW_SAME_ID))
		store_be16(packet + 4, (uint16_t)(id + 1));
	if (found.protocol != IP_PROTOCOL_TCP)
		return;
	store_be32(tcp + TCP_SEQUENCE_AT,
		   load_be32(tcp + TCP_SEQUENCE_AT) + (uint32_t)payload);
	if (how & HOW_PUSH)
		tcp[TCP_FLAGS_AT] |= TCP_PSH;
}

/* The newest packet with headers that others can follow. */
struct leader {
	const uint8_t *packet;
	size_t length;
	size_t headers;
};

/* Build the next packet and return its length. */
static size_t next_packet(struct input *input, uint8_t *out,
			  struct leader *leader)
{
	const uint8_t how = input_byte(input);
	size_t length = input_be16(input) % (IP_MAX_SIZE - MAX_HEADERS);
	const uint8_t *bytes = input_bytes(input, &length);
	size_t headers = how & HOW_FOLLOW ? leader->headers : 0;
	size_t size = headers + (how & HOW_LONG ? LONG * length : length);

	if (size > IP_MAX_SIZE)
		size = IP_MAX_SIZE;
	memset(out, 0, size);
	memcpy(out, leader->packet, headers);
	if (length)
		memcpy(out + headers, bytes, length);
	if (headers)
		follow(input, out, headers, leader->length - headers, how);
	if (headers || how & HOW_FIXUP)
		fixup_packet(out, size);
	headers = headers_of(out, size);
	if (headers)
		*leader = (struct leader){out, size, headers};
	return size;
}

static bool write_one(void *context, const struct iovec *parts, int count)
{
	static uint8_t data[VIRTIO_NET_HDR_SIZE + IP_MAX_SIZE];
	const bool is_large = count > 2;
	size_t size = 0;

	(void)context;
	if (is_large) {
		bool refuse = refused & 1;

		refused = (uint8_t)(refused >> 1 | refused << 7);
		if (refuse)
			return false;
	}
	for (int n = 0; n < count; n++) {
		REQUIRE(size + parts[n].iov_len <= sizeof(data));
		memcpy(data + size, parts[n].iov_base, parts[n].iov_len);
		size += parts[n].iov_len;
	}
	REQUIRE((virtio_net_load(data).gso_type != VIRTIO_NET_GSO_NONE) ==
		is_large);
	expected_written(data, size);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct leader leader = {buffer, 0, 0};
	size_t used = 0, length;

	gro_init(&gro, input_byte(&input) & 3);
	refused = input_byte(&input);
	expected_begin();
	for (int n = 0; n < GRO_MAX_PACKETS && input.left; n++) {
		if (used + IP_MAX_SIZE > ROOM)
			break;
		length = next_packet(&input, buffer + used, &leader);
		expected_add(buffer + used, length);
		REQUIRE(gro_add(&gro, buffer + used, length));
		used += length;
	}
	gro_flush(&gro, write_one, NULL);
	expected_end();
	return 0;
}
