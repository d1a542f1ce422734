/* Received datagrams: the TUN gets the packets that its peers may send,
 * each once; a dropped datagram changes nothing. */
#include "blake2.h"
#include "byteorder.h"
#include "expected.h"
#include "fake_kernel.h"
#include "fuzz.h"
#include "net/ecn.h"
#include "net/ip.h"
#include "plane.h"

#include <errno.h>
#include <string.h>

#define PEERS 2
#define MAX_DATAGRAMS 8
#define MAX_COUNTERS 1024
#define NOW 1000000
#define MAX_SIZE 2048

/* A record of the input: how, length (2 bytes), bytes, and the fields that
 * `how` selects. */
enum how {
	HOW_SEALED = 0x01, /* the bytes are a packet, else a datagram */
	HOW_OTHER_PEER = 0x02,
	HOW_DAMAGED = 0x04, /* offset (2 bytes), bits (1 byte) */
	HOW_FIXED_UP = 0x04, /* of a datagram: make mac1 valid */
	HOW_COUNTER = 0x08, /* 8 bytes, else the next counter */
	HOW_TOS = 0x30,
	HOW_MANY = 0x40, /* count of equal size (1 byte) */
	HOW_IPV6 = 0x80,
};

/* The slow model of one keypair. */
struct remote_peer {
	uint64_t next;
	uint64_t greatest;
	uint64_t accepted[MAX_COUNTERS];
	unsigned accepted_count;
};

static const struct {
	uint32_t peer;
	struct pywg_allowed_ip ip;
} prefixes[] = {
	/* The longest comes first. */
	{1, {{10, 0, 7}, 4, 24, {0}}}, {0, {{10, 0}, 4, 16, {0}}},
	{1, {{10, 1}, 4, 16, {0}}},    {0, {{0xFD, 0}, 16, 16, {0}}},
	{1, {{0xFD, 1}, 16, 16, {0}}},
};

static const uint8_t identity[KEY_SIZE];
static int plane = -1;
static struct aead aead;
static struct remote_peer remote_peers[PEERS];
static uint8_t datagrams[MAX_DATAGRAMS * MAX_SIZE];
/* Expected results of the datagrams in flight. */
static unsigned expected_drops, expected_handshakes;
static uint64_t expected_bytes[PEERS];

void target_written(const uint8_t *data, size_t size)
{
	expected_written(data, size);
}

void target_sent(const uint8_t *data, size_t size,
		 const struct pywg_endpoint *to, uint8_t tos)
{
	(void)data;
	(void)to;
	(void)tos;
	REQUIRE(size == TRANSPORT_MIN_SIZE); /* confirms a new keypair */
}

static void make_key(uint8_t key[KEY_SIZE], uint32_t peer)
{
	memset(key, (int)peer + 1, KEY_SIZE);
}

static struct pywg_endpoint endpoint_of(uint16_t port, bool is_v6)
{
	struct pywg_endpoint endpoint = {.port = port, .address_size = 4};

	if (is_v6)
		endpoint.address_size = 16;
	endpoint.address[endpoint.address_size - 1] = 1;
	return endpoint;
}

static void set_up(void)
{
	plane = fake_kernel_open_plane(PEERS, 16, NOW);
	REQUIRE(aead_init(&aead, AEAD_SEAL) == 0);
	REQUIRE(pywg_set_identity(plane, identity, KEY_SIZE) == 0);
	for (uint32_t peer = 0; peer < PEERS; peer++)
		REQUIRE(pywg_add_peer(plane, peer) == 0);
	for (size_t n = 0; n < sizeof(prefixes) / sizeof(*prefixes); n++)
		REQUIRE(pywg_allow(plane, prefixes[n].peer, &prefixes[n].ip,
				   1) == 1);
}

/* Install new keypairs with the peers, each at a port of the loopback. */
static void reset_keypairs(void)
{
	struct pywg_event events[8];
	uint8_t keys[2 * KEY_SIZE];

	memset(remote_peers, 0, sizeof(remote_peers));
	for (uint32_t peer = 0; peer < PEERS; peer++) {
		struct pywg_endpoint there =
			endpoint_of((uint16_t)(100 + peer), false);

		make_key(keys, peer);
		make_key(keys + KEY_SIZE, peer);
		REQUIRE(pywg_wipe_keypairs(plane, peer) == 0);
		REQUIRE(pywg_set_endpoint(plane, peer, &there) == 0);
		REQUIRE(pywg_install_keypair(plane, peer, keys, peer, peer, NOW,
					     1, 0) == 0);
	}
	pywg_wait(plane, 0, events, 8);
}

static bool within(const uint8_t *address, size_t row)
{
	for (uint32_t bit = 0; bit < prefixes[row].ip.cidr; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if ((address[bit / 8] ^ prefixes[row].ip.address[bit / 8]) &
		    mask)
			return false;
	}
	return true;
}

static uint32_t owner_of(const uint8_t *address, size_t size)
{
	for (size_t n = 0; n < sizeof(prefixes) / sizeof(*prefixes); n++) {
		if (prefixes[n].ip.size == size && within(address, n))
			return prefixes[n].peer;
	}
	return PEERS;
}

/* Expect the result of an inner packet. */
static void expect_packet(uint32_t peer, const uint8_t *data, size_t length,
			  uint8_t tos)
{
	static uint8_t copy[MAX_SIZE];
	size_t claimed = expected_length(data, length);
	bool is_v4 = length && data[0] >> 4 == 4;
	int congestion;

	if (!length)
		return;
	expected_drops++;
	memcpy(copy, data, length);
	if (!claimed ||
	    owner_of(copy + (is_v4 ? 12 : 8), is_v4 ? 4 : 16) != peer)
		return;
	congestion = ecn_decapsulate(tos, ip_traffic_class(copy));
	if (congestion == ECN_DROP)
		return;
	if (congestion != (ip_traffic_class(copy) & ECN_MASK))
		ip_set_ecn(copy, (uint8_t)congestion);
	expected_add(copy, claimed);
	expected_drops--;
}

/* Whether this counter is new; record it. */
static bool is_new(struct remote_peer *end, uint64_t counter)
{
	if (counter >= REJECT_AFTER_MESSAGES)
		return false;
	if (counter + REPLAY_WINDOW_SIZE < end->greatest)
		return false;
	for (unsigned n = 0; n < end->accepted_count; n++) {
		if (end->accepted[n] == counter)
			return false;
	}
	REQUIRE(end->accepted_count < MAX_COUNTERS);
	end->accepted[end->accepted_count++] = counter;
	if (counter > end->greatest)
		end->greatest = counter;
	return true;
}

static void make_mac1(uint8_t mac1[MAC_SIZE], const uint8_t *data,
		      size_t length)
{
	/* The label, then our public key of zeros. */
	static const uint8_t text[8 + KEY_SIZE] = "mac1----";
	uint8_t mac1_key[KEY_SIZE];

	blake2s(mac1_key, KEY_SIZE, text, sizeof(text), NULL, 0);
	blake2s(mac1, MAC_SIZE, data, length - 2 * MAC_SIZE, mac1_key,
		KEY_SIZE);
}

static bool ends_in_macs(const uint8_t *data, size_t length)
{
	const uint32_t kind = length < 4 ? 0 : load_le32(data);

	return (kind == MESSAGE_INITIATION && length == INITIATION_SIZE) ||
	       (kind == MESSAGE_RESPONSE && length == RESPONSE_SIZE);
}

/* Without load: there are never enough messages for it. */
static bool is_event(const uint8_t *data, size_t length)
{
	uint8_t mac1[MAC_SIZE];

	if (!ends_in_macs(data, length))
		return length == COOKIE_REPLY_SIZE &&
		       load_le32(data) == MESSAGE_COOKIE_REPLY;
	make_mac1(mac1, data, length);
	return !memcmp(mac1, data + length - 2 * MAC_SIZE, MAC_SIZE);
}

/* Expect the result of bytes that were not sealed. */
static void expect_forged(const uint8_t *data, size_t length)
{
	if (is_event(data, length))
		expected_handshakes++;
	else
		expected_drops++;
}

static size_t seal(uint8_t *out, uint32_t peer, uint64_t counter,
		   const uint8_t *packet, size_t length)
{
	uint8_t key[KEY_SIZE];

	make_key(key, peer);
	store_le32(out, MESSAGE_TRANSPORT);
	store_le32(out + TRANSPORT_RECEIVER_AT, peer);
	store_le64(out + TRANSPORT_COUNTER_AT, counter);
	REQUIRE(aead_seal(&aead, key, counter, out + TRANSPORT_PACKET_AT,
			  packet, length));
	return TRANSPORT_MIN_SIZE + length;
}

static uint64_t choose_counter(struct input *input, struct remote_peer *end,
			       uint8_t how)
{
	uint64_t counter = end->next;

	if (how & HOW_COUNTER) {
		counter = 0;
		for (int n = 0; n < 4; n++)
			counter = counter << 16 | input_be16(input);
	}
	end->next = counter + 1;
	return counter;
}

/* Return whether a bit was changed. */
static bool damage(struct input *input, uint8_t *data, size_t length)
{
	size_t at = input_be16(input) % length;
	uint8_t bits = input_byte(input);

	data[at] ^= bits;
	return bits;
}

/* Build one datagram and expect its result. */
static size_t make_datagram(struct input *input, uint8_t *out, uint8_t how,
			    const uint8_t *bytes, size_t length)
{
	const uint32_t peer = how & HOW_OTHER_PEER ? 1 : 0;
	struct remote_peer *end = &remote_peers[peer];
	uint64_t counter;
	size_t size = length;

	if (!(how & HOW_SEALED)) {
		if (length)
			memcpy(out, bytes, length);
		if (how & HOW_FIXED_UP && ends_in_macs(out, length))
			make_mac1(out + length - 2 * MAC_SIZE, out, length);
		expect_forged(out, length);
		return length;
	}
	counter = choose_counter(input, end, how);
	size = seal(out, peer, counter, bytes, length);
	if (how & HOW_DAMAGED && damage(input, out, size)) {
		expect_forged(out, size);
	} else if (!is_new(end, counter)) {
		expected_drops++;
	} else {
		expected_bytes[peer] += size;
		expect_packet(peer, bytes, length, (how & HOW_TOS) >> 4);
	}
	return size;
}

/* Build the datagrams of one record, of equal size except the last. */
static void make_datagrams(struct input *input, uint8_t how)
{
	size_t length = input_be16(input) % (MAX_SIZE - TRANSPORT_MIN_SIZE);
	const uint8_t *bytes = input_bytes(input, &length);
	unsigned count = 1;
	size_t size = 0, used = 0;

	if (how & HOW_MANY && (length || how & HOW_SEALED))
		count += input_byte(input) % MAX_DATAGRAMS;
	if (count > MAX_DATAGRAMS)
		count = MAX_DATAGRAMS;
	for (unsigned n = 0; n < count; n++) {
		size = make_datagram(input, datagrams + used, how, bytes,
				     length);
		used += size;
	}
	kernel.datagram = (struct fake_datagram){
		.bytes = {datagrams, used},
		.segment = (uint16_t)(count > 1 ? size : 0),
		.tos = (how & HOW_TOS) >> 4,
		.from = endpoint_of(200, how & HOW_IPV6),
	};
}

static uint64_t drops(void)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; n < DROP_COUNT; n++)
		sum += pywg_drops(plane, n);
	return sum;
}

/* The facts of a peer whose packets were all dropped are unchanged. */
static void check_facts(uint32_t peer, const struct pywg_facts *before)
{
	struct pywg_facts now;

	REQUIRE(pywg_peer_facts(plane, peer, 0, &now) == 0);
	REQUIRE(now.rx_bytes == before->rx_bytes + expected_bytes[peer]);
	if (expected_bytes[peer])
		REQUIRE(now.endpoint.port == 200);
	else
		REQUIRE(!memcmp(&now, before, sizeof(now)));
}

static unsigned count_handshakes(void)
{
	struct pywg_event events[16];
	unsigned count = 0;
	int got;

	while ((got = pywg_wait(plane, 0, events, 16)) > 0) {
		for (int n = 0; n < got; n++)
			count += events[n].kind == PYWG_HANDSHAKE;
	}
	REQUIRE(got == 0);
	return count;
}

static void run_record(struct input *input)
{
	const uint8_t how = input_byte(input);
	const uint64_t dropped = drops();
	struct pywg_facts before[PEERS];

	expected_drops = expected_handshakes = 0;
	memset(expected_bytes, 0, sizeof(expected_bytes));
	for (uint32_t peer = 0; peer < PEERS; peer++)
		pywg_peer_facts(plane, peer, 0, &before[peer]);
	expected_begin();
	make_datagrams(input, how);
	REQUIRE(count_handshakes() == expected_handshakes);
	REQUIRE(drops() == dropped + expected_drops);
	expected_end();
	for (uint32_t peer = 0; peer < PEERS; peer++)
		check_facts(peer, &before[peer]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};

	if (plane < 0)
		set_up();
	reset_keypairs();
	/* Linux 6.6.44 refuses some large packets with a short last segment. */
	kernel.large_write_fails = input_byte(&input) & 1 ? EINVAL : 0;
	for (int n = 0; n < MAX_COUNTERS / MAX_DATAGRAMS && input.left; n++)
		run_record(&input);
	return 0;
}
