/* One and two threads under load: packets between two planes while their
 * callers change the configuration. ThreadSanitizer finds data races. */
#include "blake2.h"
#include "byteorder.h"
#include "cookie.h"
#include "drop_reasons.h"
#include "packets.h"
#include "pywg.h"
#include "test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKETS 5000
/* Few enough for every queue of the kernel. */
#define IN_FLIGHT 32
#define FLOWS 4
#define LARGEST 2048
#define EVENTS 8
#define MAX_IDLE 600 /* tenths of a second without a packet */
#define TIMEOUT_MS 60000
#define MAX_THREADS 64
#define RESTARTS 50
#define PEER 0
#define OTHER_PEER 1
#define INITIATION 148
#define MAC_SIZE 16
#define MAC1_AT (INITIATION - 2 * MAC_SIZE)

/* A plane, and the host behind its TUN. */
struct side {
	int plane;
	int tun;
	int plane_tun;
	int port;
	uint32_t sent;
	uint32_t received;
	uint32_t order[FLOWS];
};

/* Data of all threads, under the mutex. */
struct shared {
	pthread_mutex_t mutex;
	struct side *left, *right;
	uint32_t left_received; /* received at the left */
	uint32_t installed; /* keypairs installed at the right */
	uint32_t confirmed;
	uint32_t handshakes; /* events at the left */
	bool stop;
};

static const uint8_t identity[KEY_SIZE] = {9};
static const struct pywg_allowed_ip ten = {{10}, 4, 8, {0}};
static const struct pywg_allowed_ip elsewhere = {{172, 16}, 4, 16, {0}};

static bool open_side(struct side *side, uint32_t threads)
{
	int ends[2];

	memset(side, 0, sizeof(*side));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) < 0)
		return false;
	side->tun = ends[0];
	side->plane_tun = ends[1];
	side->plane = pywg_open(ends[1], 4, 16, 64, 32, PYWG_GSO | PYWG_GRO);
	if (side->plane < 0 || pywg_set_threads(side->plane, threads) < 0)
		return false;
	side->port = pywg_listen(side->plane, 0);
	pywg_set_identity(side->plane, identity, KEY_SIZE);
	pywg_add_peer(side->plane, PEER);
	pywg_allow(side->plane, PEER, &ten, 1);
	return side->port > 0;
}

static void close_side(struct side *side)
{
	pywg_close(side->plane);
	close(side->tun);
	close(side->plane_tun);
}

static void set_endpoint(const struct side *of, const struct side *peer)
{
	struct pywg_endpoint endpoint = {
		.address = {127, 0, 0, 1},
		.port = (uint16_t)peer->port,
		.address_size = 4,
	};

	pywg_set_endpoint(of->plane, PEER, &endpoint);
}

/* Install one side of keypair `id`. */
static void install(const struct side *side, uint32_t id, bool initiator)
{
	struct timespec time;
	uint8_t keys[64];

	clock_gettime(CLOCK_BOOTTIME, &time);
	memset(keys, (int)(id % 100 + (initiator ? 0 : 100)), 32);
	memset(keys + 32, (int)(id % 100 + (initiator ? 100 : 0)), 32);
	pywg_install_keypair(side->plane, PEER, keys, 2 * id + initiator,
			     2 * id + !initiator, (uint64_t)time.tv_sec * 1000,
			     initiator, 0);
}

static void connect_sides(struct side *left, struct side *right)
{
	set_endpoint(left, right);
	set_endpoint(right, left);
	install(right, 1, false);
	install(left, 1, true);
}

static uint64_t sum_drops(const struct side *side)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; pywg_drop_reason(n); n++)
		sum += pywg_drops(side->plane, n);
	return sum;
}

/* Packets of the hosts. */

static size_t make_packet(uint8_t *out, uint32_t flow, uint32_t sequence)
{
	const struct spec spec = {
		.version = 4,
		.protocol = IP_PROTOCOL_UDP,
		.port = (uint16_t)flow,
		.sequence = sequence,
		.payload = (uint16_t)(sequence % 7 * 200),
	};

	return packets_make(out, &spec);
}

static bool send_next(struct side *side)
{
	uint8_t packet[LARGEST];
	const uint32_t flow = side->sent % FLOWS;
	const size_t length = make_packet(packet, flow, side->sent / FLOWS);

	if (send(side->tun, packet, length, MSG_DONTWAIT) < 0)
		return false;
	side->sent++;
	return true;
}

/* Receive a packet, if there is one; false if it is not the next of its flow.
 */
static bool take_next(struct side *side, bool *received_any)
{
	uint8_t packet[LARGEST], expected[LARGEST];
	const ssize_t length =
		recv(side->tun, packet, sizeof(packet), MSG_DONTWAIT);
	uint32_t flow;

	*received_any = length > 0;
	if (!*received_any)
		return true;
	flow = load_be16(packet + 20) % FLOWS;
	side->received++;
	if ((size_t)length != make_packet(expected, flow, side->order[flow]))
		fprintf(stderr, "got len %zd flow %u order %u received %u\n",
			length, flow, side->order[flow], side->received);
	return (size_t)length ==
		       make_packet(expected, flow, side->order[flow]++) &&
	       !memcmp(packet, expected, (size_t)length);
}

/* Keep packets in flight; false if an unexpected one was received. */
static bool move(struct side *from, struct side *to)
{
	bool received_any = true;
	bool right = true;

	while (from->sent < PACKETS && from->sent - to->received < IN_FLIGHT &&
	       send_next(from))
		;
	while (received_any && right)
		right = take_next(to, &received_any);
	return right;
}

/* The calling threads. */

static uint32_t count_events(const struct pywg_event *events, int count,
			     uint32_t kind)
{
	uint32_t found = 0;

	for (int n = 0; n < count; n++)
		found += events[n].kind == kind;
	return found;
}

/* Make all changes of tables that the rx thread reads. */
static void change_all(int plane, uint32_t round)
{
	struct pywg_facts facts;

	pywg_allow(plane, PEER, &elsewhere, 1);
	pywg_add_peer(plane, OTHER_PEER);
	pywg_allow(plane, OTHER_PEER, &elsewhere, 1);
	pywg_peer_facts(plane, PEER, 1, &facts);
	pywg_has_index(plane, round);
	if (round % 64 == 0)
		pywg_send_keepalive(plane, PEER);
	pywg_disallow(plane, OTHER_PEER, elsewhere.address, 4, 16);
	pywg_remove_peer(plane, OTHER_PEER);
	pywg_offloads(plane);
	pywg_drops(plane, DROP_REPLAYED);
}

static void *call_left(void *context)
{
	struct shared *shared = context;
	struct pywg_event events[EVENTS];
	uint32_t own = 1;
	bool stop = false;

	for (uint32_t round = 0; !stop; round++) {
		int count = pywg_wait(shared->left->plane, 5, events, EVENTS);
		uint32_t wanted;

		pthread_mutex_lock(&shared->mutex);
		shared->handshakes +=
			count_events(events, count, PYWG_HANDSHAKE);
		wanted = shared->installed;
		stop = shared->stop;
		pthread_mutex_unlock(&shared->mutex);
		change_all(shared->left->plane, round);
		if (wanted > own)
			install(shared->left, ++own, true);
	}
	return NULL;
}

/* A new keypair is installed when no packet of the last but one is in flight.
 */
static void *call_right(void *context)
{
	struct shared *shared = context;
	struct pywg_event events[EVENTS];
	uint32_t since = 0;
	bool stop = false;

	for (uint32_t round = 0; !stop; round++) {
		int count = pywg_wait(shared->right->plane, 5, events, EVENTS);
		uint32_t confirmed =
			count_events(events, count, PYWG_KEY_CONFIRMED);

		change_all(shared->right->plane, round);
		pthread_mutex_lock(&shared->mutex);
		shared->confirmed += confirmed;
		if (confirmed)
			since = shared->left_received;
		if (shared->confirmed == shared->installed &&
		    shared->left_received - since >= 2 * IN_FLIGHT)
			install(shared->right, ++shared->installed, false);
		stop = shared->stop;
		pthread_mutex_unlock(&shared->mutex);
	}
	return NULL;
}

/* The main thread, which also sends handshake messages. */

static bool send_initiation(int socket, const struct side *to)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)to->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	uint8_t initiation[INITIATION] = {1};
	struct cookie_checker checker;

	cookie_set_identity(&checker, identity);
	blake2s(initiation + MAC1_AT, MAC_SIZE, initiation, MAC1_AT,
		checker.mac1_key, KEY_SIZE);
	return sendto(socket, initiation, sizeof(initiation), 0,
		      (const struct sockaddr *)&address, sizeof(address)) > 0;
}

static bool wait_for_packets(const struct side *left, const struct side *right)
{
	struct pollfd polled[] = {
		{left->tun, POLLIN, 0},
		{right->tun, POLLIN, 0},
	};

	return poll(polled, 2, 100) > 0;
}

static bool all_received(const struct side *left, const struct side *right)
{
	return left->received == PACKETS && right->received == PACKETS;
}

/* Move all packets. Return how many handshake messages were sent. */
static uint32_t move_all_packets(struct shared *shared)
{
	struct side *left = shared->left, *right = shared->right;
	const int noise = socket(AF_INET, SOCK_DGRAM, 0);
	uint32_t noise_sent = 0, idle = 0;
	bool in_order = true;

	while (in_order && !all_received(left, right) && idle < MAX_IDLE) {
		idle = wait_for_packets(left, right) ? 0 : idle + 1;
		in_order = move(left, right) && move(right, left);
		if (left->received / 100 > noise_sent)
			noise_sent += send_initiation(noise, left);
		pthread_mutex_lock(&shared->mutex);
		shared->left_received = left->received;
		pthread_mutex_unlock(&shared->mutex);
	}
	close(noise);
	CHECK(0, in_order);
	return noise_sent;
}

/* Run both planes until they are idle. Return how many handshake events the
 * left had. */
static uint32_t run_until_idle(const struct side *left,
			       const struct side *right)
{
	struct pywg_event events[EVENTS];
	uint32_t handshakes = 0;
	int count[2];

	do {
		count[0] = pywg_wait(left->plane, 1, events, EVENTS);
		handshakes += count_events(events, count[0], PYWG_HANDSHAKE);
		count[1] = pywg_wait(right->plane, 1, events, EVENTS);
	} while (count[0] || count[1]);
	return handshakes;
}

/* Wait until everything that was sent is counted, however slow the machine is.
 */
static void wait_until_counted(struct shared *shared, uint32_t noise,
			       struct pywg_facts facts[2])
{
	const struct side *left = shared->left, *right = shared->right;

	for (uint32_t n = 0; n < TIMEOUT_MS / 2; n++) {
		shared->handshakes += run_until_idle(left, right);
		pywg_peer_facts(left->plane, PEER, 0, &facts[0]);
		pywg_peer_facts(right->plane, PEER, 0, &facts[1]);
		if (shared->handshakes >= noise &&
		    facts[0].tx_bytes == facts[1].rx_bytes &&
		    facts[1].tx_bytes == facts[0].rx_bytes)
			return;
	}
}

static void run_threads(struct shared *shared, uint32_t *noise)
{
	pthread_t left, right;

	pthread_mutex_init(&shared->mutex, NULL);
	pthread_create(&left, NULL, call_left, shared);
	pthread_create(&right, NULL, call_right, shared);
	*noise = move_all_packets(shared);
	pthread_mutex_lock(&shared->mutex);
	shared->stop = true;
	pthread_mutex_unlock(&shared->mutex);
	pthread_join(left, NULL);
	pthread_join(right, NULL);
	pthread_mutex_destroy(&shared->mutex);
}

static void test_nothing_is_lost_while_configuration_changes(uint32_t threads)
{
	struct side left, right;
	struct shared shared = {.left = &left, .right = &right, .installed = 1};
	struct pywg_facts facts[2];
	uint32_t noise;

	CHECK(threads, open_side(&left, threads) && open_side(&right, threads));
	connect_sides(&left, &right);
	run_threads(&shared, &noise);
	wait_until_counted(&shared, noise, facts);
	CHECK(threads, all_received(&left, &right));
	CHECK(threads, shared.confirmed > 2);
	CHECK(threads, facts[0].tx_bytes == facts[1].rx_bytes);
	CHECK(threads, facts[1].tx_bytes == facts[0].rx_bytes);
	CHECK(threads, shared.handshakes == noise && noise > 0);
	CHECK(threads, sum_drops(&left) == 0);
	CHECK(threads, sum_drops(&right) == 0);
	close_side(&left);
	close_side(&right);
}

/* The threads of this process, including those of qemu and of sanitizers. */
struct thread_list {
	size_t count;
	long ids[MAX_THREADS];
};

static void list_threads(struct thread_list *list)
{
	DIR *folder = opendir("/proc/self/task");

	list->count = 0;
	for (struct dirent *entry; (entry = readdir(folder));)
		if (entry->d_name[0] != '.' && list->count < MAX_THREADS)
			list->ids[list->count++] =
				strtol(entry->d_name, NULL, 10);
	closedir(folder);
}

static bool is_subset(const struct thread_list *list,
		      const struct thread_list *known)
{
	for (size_t n = 0; n < list->count; n++) {
		size_t at = 0;

		while (at < known->count && known->ids[at] != list->ids[n])
			at++;
		if (at == known->count)
			return false;
	}
	return list->count < MAX_THREADS;
}

/* pthread_join() returns before the kernel removes the thread from /proc, and
 * no event tells when: poll until only the threads from before are left. */
static bool wait_for_thread_ends(const struct thread_list *before)
{
	struct thread_list now;

	for (uint32_t n = 0; n < TIMEOUT_MS; n++) {
		list_threads(&now);
		if (is_subset(&now, before))
			return true;
		usleep(1000);
	}
	return false;
}

/* Exchange one packet in each direction. */
static bool exchange_packets(struct side *left, struct side *right)
{
	const uint32_t before = left->received + right->received;
	bool received_any;

	for (uint32_t n = 0; n < TIMEOUT_MS / 2; n++) {
		run_until_idle(left, right);
		if (n == 0 && (!send_next(left) || !send_next(right)))
			return false;
		if (!take_next(left, &received_any) ||
		    !take_next(right, &received_any))
			return false;
		if (left->received + right->received == before + 2)
			return true;
	}
	return false;
}

/* Close the sockets and listen on another port, in any state of the threads. */
static bool move_port(struct side *side, const struct side *peer)
{
	pywg_unlisten(side->plane);
	side->port = pywg_listen(side->plane, 0);
	set_endpoint(peer, side);
	return side->port > 0;
}

static void test_threads_end_when_planes_close(uint32_t threads)
{
	struct thread_list before;
	struct side left, right;

	list_threads(&before);
	for (uint32_t n = 0; n < RESTARTS; n++) {
		CHECK(n,
		      open_side(&left, threads) && open_side(&right, threads));
		connect_sides(&left, &right);
		CHECK(n, exchange_packets(&left, &right));
		CHECK(n, move_port(&left, &right));
		CHECK(n, exchange_packets(&left, &right));
		CHECK(n, pywg_set_threads(left.plane, 1) == 1);
		CHECK(n, exchange_packets(&left, &right));
		CHECK(n, pywg_set_threads(left.plane, threads) >= 1);
		/* It will not be received. */
		send_next(&right);
		CHECK(n, sum_drops(&left) + sum_drops(&right) == 0);
		close_side(&left);
		close_side(&right);
	}
	CHECK(threads, wait_for_thread_ends(&before));
}

/* Send one packet of each flow and read until all of them are received: no
 * older one is in flight then. Lost packets are not awaited. */
static bool skip_lost_packets(struct side *left, struct side *right)
{
	uint8_t packet[LARGEST], expected[LARGEST];
	uint32_t missing = FLOWS;

	for (uint32_t n = 0; n < FLOWS; n++) {
		right->order[left->sent % FLOWS] = left->sent / FLOWS;
		if (!send_next(left))
			return false;
	}
	for (uint32_t n = 0; missing && n < TIMEOUT_MS / 2; n++) {
		ssize_t length;

		run_until_idle(left, right);
		while ((length = recv(right->tun, packet, sizeof(packet),
				      MSG_DONTWAIT)) > 0) {
			const uint32_t flow = load_be16(packet + 20) % FLOWS;
			const size_t size =
				make_packet(expected, flow, right->order[flow]);

			if ((size_t)length != size ||
			    memcmp(packet, expected, size) != 0)
				continue;
			right->order[flow]++;
			missing--;
		}
	}
	return !missing;
}

static void test_full_tun_blocks_nothing(uint32_t threads)
{
	struct side left, right;
	bool received_any = true;

	CHECK(threads, open_side(&left, threads) && open_side(&right, threads));
	connect_sides(&left, &right);
	while (!pywg_drops(right.plane, DROP_TUN_ERROR) &&
	       left.sent < PACKETS) {
		send_next(&left);
		run_until_idle(&left, &right);
	}
	CHECK(threads, pywg_drops(right.plane, DROP_TUN_ERROR) > 0);
	while (received_any)
		take_next(&right, &received_any);
	CHECK(threads, skip_lost_packets(&left, &right));
	CHECK(threads, exchange_packets(&left, &right));
	close_side(&left);
	close_side(&right);
}

static void test_other_thread_counts_are_refused(void)
{
	static const uint32_t refused[] = {0, 3, UINT32_MAX};
	struct side side;

	CHECK(0, open_side(&side, 1));
	for (uint32_t n = 0; n < ROWS(refused); n++)
		CHECK(n, pywg_set_threads(side.plane, refused[n]) == -EINVAL);
	close_side(&side);
	CHECK(0, pywg_set_threads(side.plane, 1) == -EBADF);
}

int main(void)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		test_nothing_is_lost_while_configuration_changes(threads);
		test_threads_end_when_planes_close(threads);
		test_full_tun_blocks_nothing(threads);
	}
	test_other_thread_counts_are_refused();
	return test_result();
}
