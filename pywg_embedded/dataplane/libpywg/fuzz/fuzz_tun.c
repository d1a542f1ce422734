/* Packets from the TUN, large ones too: each peer gets the packets that the
 * kernel would have made of them, in order, and no other peer gets any. */
#include "byteorder.h"
#include "expected.h"
#include "fake_kernel.h"
#include "fixup.h"
#include "fuzz.h"
#include "net/icmp.h"
#include "net/ip.h"
#include "offload/gso.h"
#include "plane.h"

#include <errno.h>
#include <string.h>

#define MAX_PACKETS 8
#define MAX_SIZE 4096
#define MAX_SEGMENTS (MAX_PACKETS * MAX_SIZE)
/* The worst case: half of a packet is headers, repeated before each other byte.
 */
#define ROOM (MAX_PACKETS * MAX_SIZE / 2 * (MAX_SIZE / 2 + 1))
#define NOW 1000000 /* at first */
#define MTU 1420
#define UNTOUCHED 0xC5

/* Two peers with a keypair, one without, one without endpoint. */
enum { V4, V6, NO_KEYPAIR_PEER, NO_ENDPOINT_PEER, PEERS };

enum how {
	HOW_FIXUP = 0x01, /* lengths and checksums, then: */
	HOW_PARTIAL = 0x02, /* the sum of the pseudo-header, as the kernel
			       writes it */
};

/* The packets expected at the peers, in order. */
struct segment {
	size_t at;
	size_t length;
	uint32_t peer;
};

static int plane = -1;
static uint64_t now = NOW;
static struct aead aead;
static struct sent_indices sent;
static uint8_t packets[MAX_PACKETS][VIRTIO_NET_HDR_SIZE + MAX_SIZE];
static uint8_t memory[ROOM];
static size_t used;
static struct segment segments[MAX_SEGMENTS];
static unsigned segment_count, next_at[PEERS], staged;
static uint64_t counters[PEERS], sent_bytes[PEERS];
/* Dropped packets, and those answered with ICMP. */
static unsigned expected_drops, expected_answers, written_answers;

static struct pywg_endpoint endpoint_of(uint32_t peer)
{
	struct pywg_endpoint endpoint = {.port = (uint16_t)(100 + peer)};

	endpoint.address_size = peer == V6 ? 16 : 4;
	endpoint.address[endpoint.address_size - 1] = 1;
	return endpoint;
}

static void make_key(uint8_t key[KEY_SIZE], uint32_t peer)
{
	memset(key, (int)peer + 1, KEY_SIZE);
}

/* Peer N has 10.N/16 and fd0N::/16. */
static void set_up_peer(uint32_t peer)
{
	const struct pywg_endpoint there = endpoint_of(peer);
	const struct pywg_allowed_ip ips[] = {
		{{10, (uint8_t)peer}, 4, 16, {0}},
		{{0xFD, (uint8_t)peer}, 16, 16, {0}},
	};

	REQUIRE(pywg_add_peer(plane, peer) == 0);
	REQUIRE(pywg_allow(plane, peer, ips, 2) == 2);
	if (peer != NO_ENDPOINT_PEER)
		REQUIRE(pywg_set_endpoint(plane, peer, &there) == 0);
}

static void start_session(uint32_t peer)
{
	uint8_t keys[2 * KEY_SIZE];

	make_key(keys, peer);
	make_key(keys + KEY_SIZE, peer);
	REQUIRE(pywg_wipe_keypairs(plane, peer) == 0);
	counters[peer] = 0;
	REQUIRE(pywg_install_keypair(plane, peer, keys, peer, peer, now, 1,
				     0) == 0);
	REQUIRE(counters[peer] == 1);
}

static void set_up(void)
{
	plane = fake_kernel_open_plane(PEERS, 16, NOW);
	sent_indices_add(&sent, V4);
	sent_indices_add(&sent, V6);
	REQUIRE(aead_init(&aead, AEAD_OPEN) == 0);
	REQUIRE(pywg_set_mtu(plane, MTU) == 0);
	for (uint32_t peer = 0; peer < PEERS; peer++)
		set_up_peer(peer);
}

static uint32_t owner_of(const uint8_t *packet, const struct packet *ip)
{
	const uint8_t *to = packet + ip->destination;

	if (to[0] != (ip->version == 4 ? 10 : 0xFD) || to[1] >= PEERS)
		return PEERS;
	return to[1];
}

static void expect_segment(uint32_t peer, const uint8_t *data, size_t length)
{
	struct segment *segment = &segments[segment_count++];

	REQUIRE(segment_count <= MAX_SEGMENTS);
	REQUIRE(used + length <= sizeof(memory));
	*segment = (struct segment){used, length, peer};
	memcpy(memory + used, data, length);
	used += length;
}

/* The segments of a large packet have its bytes and valid checksums. */
static void check_segments(unsigned first, const uint8_t *packet, size_t length,
			   const struct gso *gso)
{
	const struct transport_location found =
		fixup_find_transport(packet, length);
	size_t at = gso->header;

	/* Packets with IPv6 extension headers were not repaired. */
	if (found.at != gso->transport || found.checksum != gso->checksum)
		return;
	for (unsigned n = first; n < segment_count; n++) {
		const uint8_t *segment = memory + segments[n].at;
		size_t payload = segments[n].length - gso->header;

		REQUIRE(at + payload <= length);
		REQUIRE(!memcmp(segment + gso->header, packet + at, payload));
		REQUIRE(checksum_is_valid(segment, segments[n].length));
		at += payload;
	}
	REQUIRE(at == length);
}

static void expect_segments(uint32_t peer, struct gso *gso,
			    const uint8_t *packet, size_t length, uint8_t how)
{
	static uint8_t segment[IP_MAX_SIZE + 1];
	const unsigned first = segment_count;
	size_t size;

	segment[length] = UNTOUCHED;
	while ((size = gso_next(gso, segment, IP_MAX_SIZE)))
		expect_segment(peer, segment, size);
	REQUIRE(segment[length] == UNTOUCHED);
	if (peer == NO_KEYPAIR_PEER)
		staged += segment_count - first;
	if (gso->protocol && how & HOW_PARTIAL)
		check_segments(first, packet, length, gso);
}

static void expect(const uint8_t *data, size_t length, uint8_t how)
{
	const struct virtio_net_header vnet = virtio_net_load(data);
	const uint8_t *packet = data + VIRTIO_NET_HDR_SIZE;
	static const uint8_t dummy[4] = {192, 0, 0, 8};
	uint8_t answer[ICMP_MAX_SIZE];
	struct gso gso;
	struct packet ip;
	uint32_t peer;

	REQUIRE(ip_parse(&ip, packet, length) ==
		(expected_length(packet, length) > 0));
	if (!expected_length(packet, length) ||
	    gso_init(&gso, &vnet, packet, length) < 0) {
		expected_drops++;
		return;
	}
	if (routing_loop_is_own(&sent, packet, &ip,
				(uint32_t)pywg_port(plane))) {
		expected_drops++;
		return;
	}
	peer = owner_of(packet, &ip);
	if (peer >= NO_ENDPOINT_PEER) {
		expected_drops++;
		/* Without a raw socket there are none for IPv6. */
		expected_answers +=
			ip.version == 4 &&
			icmp_unreachable(answer, packet, length, &ip, dummy);
		return;
	}
	expect_segments(peer, &gso, packet, length, how);
}

void target_written(const uint8_t *data, size_t size)
{
	static const uint8_t none[VIRTIO_NET_HDR_SIZE];

	REQUIRE(size > VIRTIO_NET_HDR_SIZE &&
		!memcmp(data, none, VIRTIO_NET_HDR_SIZE));
	size -= VIRTIO_NET_HDR_SIZE;
	REQUIRE(expected_length(data + VIRTIO_NET_HDR_SIZE, size) == size);
	REQUIRE(expected_answers > 0);
	expected_answers--;
	written_answers++;
}

static const struct segment *next_for(uint32_t peer)
{
	unsigned *at = &next_at[peer];

	while (*at < segment_count && segments[*at].peer != peer)
		++*at;
	return *at < segment_count ? &segments[(*at)++] : NULL;
}

static void check_padding(const uint8_t *padding, size_t from, size_t to)
{
	const size_t whole = (from + PADDING_MULTIPLE - 1) & ~(size_t)15;

	REQUIRE(to == whole || (to == MTU && MTU < whole) ||
		(to == from && from > MTU));
	for (size_t n = from; n < to; n++)
		REQUIRE(!padding[n]);
}

void target_sent(const uint8_t *data, size_t size,
		 const struct pywg_endpoint *to, uint8_t tos)
{
	static uint8_t opened[IP_MAX_SIZE + PADDING_MULTIPLE + TAG_SIZE];
	const uint32_t peer = load_le32(data + TRANSPORT_RECEIVER_AT);
	const size_t length = size - TRANSPORT_MIN_SIZE;
	struct pywg_endpoint there;
	const struct segment *segment;
	uint8_t key[KEY_SIZE];

	REQUIRE(size >= TRANSPORT_MIN_SIZE && size <= sizeof(opened));
	REQUIRE(load_le32(data) == MESSAGE_TRANSPORT && peer < NO_KEYPAIR_PEER);
	there = endpoint_of(peer);
	REQUIRE(!memcmp(to, &there, sizeof(there)));
	REQUIRE(load_le64(data + TRANSPORT_COUNTER_AT) == counters[peer]++);
	make_key(key, peer);
	REQUIRE(aead_open(&aead, key, counters[peer] - 1, opened,
			  data + TRANSPORT_PACKET_AT, length + TAG_SIZE));
	sent_bytes[peer] += size;
	if (counters[peer] == 1) {
		REQUIRE(!length && !tos); /* confirms the keypair */
		return;
	}
	segment = next_for(peer);
	REQUIRE(segment && length >= segment->length);
	REQUIRE(!memcmp(opened, memory + segment->at, segment->length));
	REQUIRE(tos == (ip_traffic_class(opened) & 3));
	check_padding(opened, segment->length, length);
}

static void read_packet(struct input *input, uint8_t *out)
{
	const uint8_t how = input_byte(input);
	size_t length = VIRTIO_NET_HDR_SIZE;
	const uint8_t *bytes = input_bytes(input, &length);
	uint8_t *packet = out + VIRTIO_NET_HDR_SIZE;

	memset(out, 0, VIRTIO_NET_HDR_SIZE);
	if (length)
		memcpy(out, bytes, length);
	length = input_be16(input) % MAX_SIZE;
	bytes = input_bytes(input, &length);
	if (length)
		memcpy(packet, bytes, length);
	if (how & HOW_FIXUP)
		fixup_packet(packet, length);
	if (how & HOW_PARTIAL)
		fixup_partial_checksum(packet, length);
	kernel.packets[kernel.packets_count++] =
		(struct fake_bytes){out, VIRTIO_NET_HDR_SIZE + length};
	expect(out, length, how);
}

static uint64_t drops(void)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; n < DROP_COUNT; n++)
		sum += pywg_drops(plane, n);
	return sum;
}

static void reset(struct input *input)
{
	/* Errors of large sends: no batch may be lost for any of them. */
	static const int errors[] = {0, EIO, EMSGSIZE, EINVAL};
	const bool gave_up = kernel.segmented_send_fails == EIO;

	used = segment_count = staged = expected_drops = 0;
	expected_answers = written_answers = 0;
	/* The bucket of each destination is full again. */
	REQUIRE(pywg_set_time(plane, now += 1000) == 0);
	memset(next_at, 0, sizeof(next_at));
	kernel.packets_count = kernel.packets_read = 0;
	kernel.segmented_send_fails = errors[input_byte(input) % 4];
	if (gave_up) {
		pywg_unlisten(plane);
		REQUIRE(pywg_listen(plane, 0) > 0);
	}
	start_session(V4);
	start_session(V6);
}

/* No packet is missing, and every dropped one is counted. */
static void check_end(uint64_t dropped)
{
	/* The rate limit allows at least this many. */
	REQUIRE(written_answers + expected_answers <= MAX_PACKETS);
	REQUIRE(!expected_answers || written_answers >= SOURCE_PACKETS_BURST);
	REQUIRE(kernel.packets_read == kernel.packets_count);
	REQUIRE(!next_for(V4) && !next_for(V6));
	pywg_purge_staged(plane, NO_KEYPAIR_PEER);
	REQUIRE(drops() == dropped + expected_drops + staged);
	for (uint32_t peer = 0; peer < NO_KEYPAIR_PEER; peer++) {
		struct pywg_facts facts;

		REQUIRE(pywg_peer_facts(plane, peer, 0, &facts) == 0);
		REQUIRE(facts.tx_bytes == sent_bytes[peer]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct pywg_event events[16];
	uint64_t dropped;

	if (plane < 0)
		set_up();
	reset(&input);
	dropped = drops();
	while (kernel.packets_count < MAX_PACKETS && input.left)
		read_packet(&input, packets[kernel.packets_count]);
	while (pywg_wait(plane, 0, events, 16) > 0)
		;
	check_end(dropped);
	return 0;
}
