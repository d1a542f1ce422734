/* Two planes exchange packets over the loopback, each with a socket as its TUN.
 */
#include "io/sockaddr.h"
#include "packets.h"
#include "pywg.h"
#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

#define PEER 7
#define PACKETS 100
#define MAX_ROUNDS 1000
/* A time of more than 32 bits. */
#define NOW ((UINT64_C(1) << 40) + 5)

struct side {
	int plane;
	int tun; /* the end of the test */
	int descriptor; /* the end of the plane */
};

static const uint8_t addresses[2][2][16] = {
	{{10, 0, 0, 1}, {10, 0, 0, 2}},
	{{0xFD, [15] = 1}, {0xFD, [15] = 2}},
};

static void open_side(struct side *side, uint32_t offloads)
{
	const int kind = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int ends[2] = {-1, -1};

	CHECK(0, socketpair(AF_UNIX, kind, 0, ends) == 0);
	side->tun = ends[0];
	side->descriptor = ends[1];
	side->plane = pywg_open(ends[1], 8, 16, 64, 32, offloads);
	CHECK(0, side->plane >= 0);
	CHECK(0, pywg_set_time(side->plane, NOW) == 0);
	CHECK(0, pywg_add_peer(side->plane, PEER) == 0);
	CHECK(0, pywg_listen(side->plane, 0) > 0);
}

static void close_side(const struct side *side)
{
	CHECK(0, pywg_close(side->plane) == 0);
	close(side->tun);
	close(side->descriptor);
}

/* Accept packets from the side with this index, 0 or 1. */
static void admit(const struct side *side, int peer)
{
	struct pywg_allowed_ip ips[] = {{.size = 4, .cidr = 32},
					{.size = 16, .cidr = 128}};

	for (int n = 0; n < 2; n++)
		memcpy(ips[n].address, addresses[n][peer], ips[n].size);
	CHECK(peer, pywg_allow(side->plane, PEER, ips, 2) == 2);
}

/* The first initiates; the second learns its endpoint from a packet. */
static void join(const struct side *first, const struct side *second)
{
	struct pywg_endpoint endpoint = {
		.address = {127, 0, 0, 1},
		.address_size = 4,
		.port = (uint16_t)pywg_port(second->plane),
	};
	uint8_t keys[64];

	for (uint8_t n = 0; n < sizeof(keys); n++)
		keys[n] = n;
	admit(first, 1);
	admit(second, 0);
	CHECK(0, pywg_set_endpoint(first->plane, PEER, &endpoint) == 0);
	CHECK(1, pywg_install_keypair(second->plane, PEER, keys, 0x80000001, 2,
				      NOW, 0, 0) == 0);
	for (uint8_t n = 0; n < sizeof(keys); n++)
		keys[n] = (n + 32) % sizeof(keys);
	CHECK(0, pywg_install_keypair(first->plane, PEER, keys, 2, 0x80000001,
				      NOW, 1, 0) == 0);
}

static size_t make(uint8_t *out, uint32_t row)
{
	const struct spec spec = {
		.version = row % 2 ? 6 : 4,
		.protocol = IP_PROTOCOL_UDP,
		.port = 5000,
		.sequence = row,
		.payload = (uint16_t)(row * 13),
	};

	return packets_make(out, &spec);
}

static void poll_both(const struct side *first, const struct side *second)
{
	struct pywg_event events[4];

	CHECK(0, pywg_wait(first->plane, 0, events, 4) >= 0);
	CHECK(1, pywg_wait(second->plane, 0, events, 4) >= 0);
}

/* The packets leave the second as they entered the first, in order. */
static void send_packets(const struct side *first, const struct side *second)
{
	uint8_t wanted[1500], seen[1500];
	size_t length;
	ssize_t got;

	for (uint32_t row = 0; row < PACKETS; row++) {
		length = make(wanted, row);
		CHECK(row,
		      write(first->tun, wanted, length) == (ssize_t)length);
		if (row % 8 == 7)
			poll_both(first, second);
	}
	for (uint32_t row = 0; row < PACKETS; row++) {
		length = make(wanted, row);
		got = read(second->tun, seen, sizeof(seen));
		for (int n = 0; got < 0 && n < MAX_ROUNDS; n++) {
			poll_both(first, second);
			got = read(second->tun, seen, sizeof(seen));
		}
		CHECK(row, got == (ssize_t)length &&
				   memcmp(seen, wanted, length) == 0);
	}
}

static void check_facts(const struct side *first, const struct side *second)
{
	static const uint8_t loopback[16] = {127, 0, 0, 1};
	struct pywg_facts sent, received;
	const struct pywg_endpoint *from = &received.endpoint;

	CHECK(0, pywg_peer_facts(first->plane, PEER, 0, &sent) == 0);
	CHECK(0, pywg_peer_facts(second->plane, PEER, 0, &received) == 0);
	CHECK(0, sent.last_data_sent == NOW && sent.last_sent == NOW);
	CHECK(0, received.last_received == NOW);
	CHECK(0, received.data_received_since == NOW);
	CHECK(0, sent.tx_bytes == received.rx_bytes && sent.tx_bytes > 65536);
	CHECK(0, from->port == pywg_port(first->plane));
	CHECK(0, from->address_size == 4 && from->source_size == 4);
	CHECK(0, memcmp(from->address, loopback, 16) == 0);
	CHECK(0, memcmp(from->source, loopback, 16) == 0);
}

/* Whether two segments of this size arrive as such: the user emulation of QEMU
 * passes UDP_SEGMENT to the kernel in the wrong byte order. */
static bool segments_arrive(void)
{
	enum { SEGMENT = 100 };
	const struct pywg_endpoint loopback = {.address = {127, 0, 0, 1},
					       .address_size = 4};
	const int sender = socket(AF_INET, SOCK_DGRAM, 0);
	const int receiver = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t data[2 * SEGMENT] = {0};
	struct iovec part = {data, sizeof(data)};
	union socket_address address;
	socklen_t size = sockaddr_store(&address, &loopback);
	union control_buffer control;
	struct msghdr message = {.msg_name = &address,
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control};
	bool arrived;

	message.msg_controllen =
		(socklen_t)control_store(&control, &loopback, 0, SEGMENT);
	message.msg_namelen = size;
	arrived = bind(receiver, &address.any, size) == 0 &&
		  getsockname(receiver, &address.any, &size) == 0 &&
		  sendmsg(sender, &message, 0) == sizeof(data) &&
		  read(receiver, data, sizeof(data)) == SEGMENT;
	close(sender);
	close(receiver);
	return arrived;
}

static void check_offloads(uint32_t offloads)
{
	struct side first, second;

	open_side(&first, offloads);
	open_side(&second, offloads);
	join(&first, &second);
	send_packets(&first, &second);
	check_facts(&first, &second);
	printf("offloads asked for: %u, had: %d\n", (unsigned)offloads,
	       pywg_offloads(first.plane));
	close_side(&first);
	close_side(&second);
}

int main(void)
{
	check_offloads(0);
	check_offloads(PYWG_GRO);
	if (segments_arrive()) {
		check_offloads(PYWG_GSO);
		check_offloads(PYWG_GSO | PYWG_GRO);
	} else {
		printf("not tried: segments do not arrive on this machine\n");
	}
	return test_result();
}
