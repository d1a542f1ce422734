/* Two lanes under load: packets between two planes, while whoever calls them
 * changes all that can be changed. ThreadSanitizer finds what is not in order.
 */
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
/* So few that no queue of the kernel runs over. */
#define UNDER_WAY 32
#define FLOWS 4
#define LARGEST 2048
#define EVENTS 8
#define PATIENCE 600 /* tenths of a second in which nothing comes */
#define PATIENCE_MS 60000
#define MOST_THREADS 64
#define RESTARTS 50
#define PEER 0
#define OTHER 1
#define INITIATION 148
#define MAC_SIZE 16
#define MAC1_AT (INITIATION - 2 * MAC_SIZE)

/* One plane, and the machine on its inside. */
struct side {
	int plane;
	int tun;
	int planes_tun;
	int port;
	uint32_t sent;
	uint32_t received;
	uint32_t order[FLOWS];
};

/* What the threads tell each other. */
struct shared {
	pthread_mutex_t mutex;
	struct side *left, *right;
	uint32_t arrived; /* at the left */
	uint32_t offered; /* keypairs that the right has */
	uint32_t confirmed;
	uint32_t handshakes; /* that the left heard of */
	bool over;
};

static const uint8_t identity[KEY_SIZE] = {9};
static const struct pywg_allowed_ip ten = {{10}, 4, 8, {0}};
static const struct pywg_allowed_ip elsewhere = {{172, 16}, 4, 16, {0}};

static bool open_side(struct side *side, uint32_t lanes)
{
	int ends[2];

	memset(side, 0, sizeof(*side));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) < 0)
		return false;
	side->tun = ends[0];
	side->planes_tun = ends[1];
	side->plane = pywg_open(ends[1], 4, 16, 64, 32, PYWG_GSO | PYWG_GRO);
	if (side->plane < 0 || pywg_set_threads(side->plane, lanes) < 0)
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
	close(side->planes_tun);
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

/* One end of keypair number `number`. */
static void install(const struct side *side, uint32_t number, bool initiator)
{
	struct timespec time;
	uint8_t keys[64];

	clock_gettime(CLOCK_BOOTTIME, &time);
	memset(keys, (int)(number % 100 + (initiator ? 0 : 100)), 32);
	memset(keys + 32, (int)(number % 100 + (initiator ? 100 : 0)), 32);
	pywg_install_keypair(side->plane, PEER, keys, 2 * number + initiator,
			     2 * number + !initiator,
			     (uint64_t)time.tv_sec * 1000, initiator, 0);
}

static void connect_sides(struct side *left, struct side *right)
{
	set_endpoint(left, right);
	set_endpoint(right, left);
	install(right, 1, false);
	install(left, 1, true);
}

static uint64_t all_drops(const struct side *side)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; pywg_drop_reason(n); n++)
		sum += pywg_drops(side->plane, n);
	return sum;
}

/* Packets in and out of the machine. */

static size_t make_packet(uint8_t *out, uint32_t flow, uint32_t number)
{
	const struct spec spec = {
		.version = 4,
		.protocol = IP_PROTOCOL_UDP,
		.port = (uint16_t)flow,
		.sequence = number,
		.payload = (uint16_t)(number % 7 * 200),
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

/* Whether what has come, if anything, is the next of its flow. */
static bool take_next(struct side *side, bool *came)
{
	uint8_t packet[LARGEST], expected[LARGEST];
	const ssize_t length =
		recv(side->tun, packet, sizeof(packet), MSG_DONTWAIT);
	uint32_t flow;

	*came = length > 0;
	if (!*came)
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

/* Keep packets under way; false if one came that should not have. */
static bool move(struct side *from, struct side *to)
{
	bool came = true;
	bool right = true;

	while (from->sent < PACKETS && from->sent - to->received < UNDER_WAY &&
	       send_next(from))
		;
	while (came && right)
		right = take_next(to, &came);
	return right;
}

/* Whoever calls. */

static uint32_t count(const struct pywg_event *events, int there, uint32_t kind)
{
	uint32_t found = 0;

	for (int n = 0; n < there; n++)
		found += events[n].kind == kind;
	return found;
}

/* All that changes tables which the second lane reads. */
static void change_all(int plane, uint32_t round)
{
	struct pywg_facts facts;

	pywg_allow(plane, PEER, &elsewhere, 1);
	pywg_add_peer(plane, OTHER);
	pywg_allow(plane, OTHER, &elsewhere, 1);
	pywg_peer_facts(plane, PEER, 1, &facts);
	pywg_has_index(plane, round);
	if (round % 64 == 0)
		pywg_send_keepalive(plane, PEER);
	pywg_disallow(plane, OTHER, elsewhere.address, 4, 16);
	pywg_remove_peer(plane, OTHER);
	pywg_offloads(plane);
	pywg_drops(plane, DROP_REPLAYED);
}

static void *call_left(void *context)
{
	struct shared *shared = context;
	struct pywg_event events[EVENTS];
	uint32_t installed = 1;
	bool over = false;

	for (uint32_t round = 0; !over; round++) {
		int there = pywg_wait(shared->left->plane, 5, events, EVENTS);
		uint32_t offered;

		pthread_mutex_lock(&shared->mutex);
		shared->handshakes += count(events, there, PYWG_HANDSHAKE);
		offered = shared->offered;
		over = shared->over;
		pthread_mutex_unlock(&shared->mutex);
		change_all(shared->left->plane, round);
		if (offered > installed)
			install(shared->left, ++installed, true);
	}
	return NULL;
}

/* A new keypair is offered when nothing is under way in the last but one. */
static void *call_right(void *context)
{
	struct shared *shared = context;
	struct pywg_event events[EVENTS];
	uint32_t since = 0;
	bool over = false;

	for (uint32_t round = 0; !over; round++) {
		int there = pywg_wait(shared->right->plane, 5, events, EVENTS);
		uint32_t confirmed = count(events, there, PYWG_KEY_CONFIRMED);

		change_all(shared->right->plane, round);
		pthread_mutex_lock(&shared->mutex);
		shared->confirmed += confirmed;
		if (confirmed)
			since = shared->arrived;
		if (shared->confirmed == shared->offered &&
		    shared->arrived - since >= 2 * UNDER_WAY)
			install(shared->right, ++shared->offered, false);
		over = shared->over;
		pthread_mutex_unlock(&shared->mutex);
	}
	return NULL;
}

/* Whoever is neither; what looks like a handshake comes in between. */

static bool send_noise(int socket, const struct side *to)
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

static bool packets_come(const struct side *left, const struct side *right)
{
	struct pollfd polled[] = {
		{left->tun, POLLIN, 0},
		{right->tun, POLLIN, 0},
	};

	return poll(polled, 2, 100) > 0;
}

static bool all_moved(const struct side *left, const struct side *right)
{
	return left->received == PACKETS && right->received == PACKETS;
}

/* How much noise there was. */
static uint32_t drive(struct shared *shared)
{
	struct side *left = shared->left, *right = shared->right;
	const int noise = socket(AF_INET, SOCK_DGRAM, 0);
	uint32_t made = 0, quiet = 0;
	bool right_ones = true;

	while (right_ones && !all_moved(left, right) && quiet < PATIENCE) {
		quiet = packets_come(left, right) ? 0 : quiet + 1;
		right_ones = move(left, right) && move(right, left);
		if (left->received / 100 > made)
			made += send_noise(noise, left);
		pthread_mutex_lock(&shared->mutex);
		shared->arrived = left->received;
		pthread_mutex_unlock(&shared->mutex);
	}
	close(noise);
	CHECK(0, right_ones);
	return made;
}

/* Let both do what there is to do; how many handshakes the left had. */
static uint32_t settle(const struct side *left, const struct side *right)
{
	struct pywg_event events[EVENTS];
	uint32_t handshakes = 0;
	int there[2];

	do {
		there[0] = pywg_wait(left->plane, 1, events, EVENTS);
		handshakes += count(events, there[0], PYWG_HANDSHAKE);
		there[1] = pywg_wait(right->plane, 1, events, EVENTS);
	} while (there[0] || there[1]);
	return handshakes;
}

/* Wait until all that was sent has been counted, be the machine slow or busy.
 */
static void settle_all(struct shared *shared, uint32_t noise,
		       struct pywg_facts facts[2])
{
	const struct side *left = shared->left, *right = shared->right;

	for (uint32_t n = 0; n < PATIENCE_MS / 2; n++) {
		shared->handshakes += settle(left, right);
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
	*noise = drive(shared);
	pthread_mutex_lock(&shared->mutex);
	shared->over = true;
	pthread_mutex_unlock(&shared->mutex);
	pthread_join(left, NULL);
	pthread_join(right, NULL);
	pthread_mutex_destroy(&shared->mutex);
}

static void nothing_is_lost_beside_changes(uint32_t lanes)
{
	struct side left, right;
	struct shared shared = {.left = &left, .right = &right, .offered = 1};
	struct pywg_facts facts[2];
	uint32_t noise;

	CHECK(lanes, open_side(&left, lanes) && open_side(&right, lanes));
	connect_sides(&left, &right);
	run_threads(&shared, &noise);
	settle_all(&shared, noise, facts);
	CHECK(lanes, all_moved(&left, &right));
	CHECK(lanes, shared.confirmed > 2);
	CHECK(lanes, facts[0].tx_bytes == facts[1].rx_bytes);
	CHECK(lanes, facts[1].tx_bytes == facts[0].rx_bytes);
	CHECK(lanes, shared.handshakes == noise && noise > 0);
	CHECK(lanes, all_drops(&left) == 0);
	CHECK(lanes, all_drops(&right) == 0);
	close_side(&left);
	close_side(&right);
}

/* The threads of this process; qemu and the sanitizers have some of their own.
 */
struct thread_list {
	size_t count;
	long ids[MOST_THREADS];
};

static void list_threads(struct thread_list *list)
{
	DIR *folder = opendir("/proc/self/task");

	list->count = 0;
	for (struct dirent *entry; (entry = readdir(folder));)
		if (entry->d_name[0] != '.' && list->count < MOST_THREADS)
			list->ids[list->count++] =
				strtol(entry->d_name, NULL, 10);
	closedir(folder);
}

static bool all_in(const struct thread_list *list,
		   const struct thread_list *known)
{
	for (size_t n = 0; n < list->count; n++) {
		size_t at = 0;

		while (at < known->count && known->ids[at] != list->ids[n])
			at++;
		if (at == known->count)
			return false;
	}
	return list->count < MOST_THREADS;
}

/* pthread_join() returns a little before the kernel removes the thread from
 * /proc, and there is no event to wait for: so look until no thread is left
 * that was not there before. */
static bool new_threads_end(const struct thread_list *before)
{
	struct thread_list now;

	for (uint32_t n = 0; n < PATIENCE_MS; n++) {
		list_threads(&now);
		if (all_in(&now, before))
			return true;
		usleep(1000);
	}
	return false;
}

/* One packet from each to the other, whatever was before. */
static bool talk(struct side *left, struct side *right)
{
	const uint32_t before = left->received + right->received;
	bool came;

	for (uint32_t n = 0; n < PATIENCE_MS / 2; n++) {
		settle(left, right);
		if (n == 0 && (!send_next(left) || !send_next(right)))
			return false;
		if (!take_next(left, &came) || !take_next(right, &came))
			return false;
		if (left->received + right->received == before + 2)
			return true;
	}
	return false;
}

/* Down and up on another port, with the lanes in whatever they were at. */
static bool move_port(struct side *side, const struct side *peer)
{
	pywg_unlisten(side->plane);
	side->port = pywg_listen(side->plane, 0);
	set_endpoint(peer, side);
	return side->port > 0;
}

static void lanes_come_and_go(uint32_t lanes)
{
	struct thread_list before;
	struct side left, right;

	list_threads(&before);
	for (uint32_t n = 0; n < RESTARTS; n++) {
		CHECK(n, open_side(&left, lanes) && open_side(&right, lanes));
		connect_sides(&left, &right);
		CHECK(n, talk(&left, &right));
		CHECK(n, move_port(&left, &right));
		CHECK(n, talk(&left, &right));
		CHECK(n, pywg_set_threads(left.plane, 1) == 1);
		CHECK(n, talk(&left, &right));
		CHECK(n, pywg_set_threads(left.plane, lanes) >= 1);
		/* Nobody will take it in any more. */
		send_next(&right);
		CHECK(n, all_drops(&left) + all_drops(&right) == 0);
		close_side(&left);
		close_side(&right);
	}
	CHECK(lanes, new_threads_end(&before));
}

/* Send one packet of each flow and read until all of them have come: then no
 * older one is on its way any more. What was lost before is not waited for. */
static bool catch_up(struct side *left, struct side *right)
{
	uint8_t packet[LARGEST], expected[LARGEST];
	uint32_t missing = FLOWS;

	for (uint32_t n = 0; n < FLOWS; n++) {
		right->order[left->sent % FLOWS] = left->sent / FLOWS;
		if (!send_next(left))
			return false;
	}
	for (uint32_t n = 0; missing && n < PATIENCE_MS / 2; n++) {
		ssize_t length;

		settle(left, right);
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

static void a_machine_that_reads_nothing_blocks_nothing(uint32_t lanes)
{
	struct side left, right;
	bool came = true;

	CHECK(lanes, open_side(&left, lanes) && open_side(&right, lanes));
	connect_sides(&left, &right);
	while (!pywg_drops(right.plane, DROP_TUN_ERROR) &&
	       left.sent < PACKETS) {
		send_next(&left);
		settle(&left, &right);
	}
	CHECK(lanes, pywg_drops(right.plane, DROP_TUN_ERROR) > 0);
	while (came)
		take_next(&right, &came);
	CHECK(lanes, catch_up(&left, &right));
	CHECK(lanes, talk(&left, &right));
	close_side(&left);
	close_side(&right);
}

static void only_one_or_two_are_taken(void)
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
	for (uint32_t lanes = 1; lanes <= 2; lanes++) {
		nothing_is_lost_beside_changes(lanes);
		lanes_come_and_go(lanes);
		a_machine_that_reads_nothing_blocks_nothing(lanes);
	}
	only_one_or_two_are_taken();
	return test_result();
}
