/* A batch that the kernel refuses to segment. */
#include "drop_reasons.h"
#include "io/socket.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEGMENT 48
#define SEGMENTS 3

/* Replaces the call: some kernels refuse segments beyond the MTU with the same
 * error as a stale source. */
ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
	if (message->msg_iov->iov_len > SEGMENT) {
		errno = EINVAL;
		return -1;
	}
	return syscall(SYS_sendmsg, descriptor, message, flags);
}

struct source {
	uint8_t address[4];
	bool kept;
};

static const struct source sources[] = {
	{{127, 0, 0, 2}, true},
	{{192, 0, 2, 1}, false}, /* not on this machine */
};

static int open_loopback(struct sockaddr_in *address)
{
	const int descriptor =
		socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*address);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	if (bind(descriptor, (struct sockaddr *)address, sizeof(*address)) < 0)
		return -1;
	getsockname(descriptor, (struct sockaddr *)address, &size);
	return descriptor;
}

static struct pywg_endpoint make_endpoint(uint16_t port,
					  const struct source *source)
{
	struct pywg_endpoint endpoint = {.address = {127, 0, 0, 1},
					 .port = port,
					 .address_size = 4,
					 .source_size = 4};

	memcpy(endpoint.source, source->address, sizeof(source->address));
	return endpoint;
}

/* Count the datagrams that arrived, from this source if it was kept. */
static uint32_t received(int descriptor, const struct source *source)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	uint8_t data[SEGMENT];
	uint32_t count = 0;

	while (recvfrom(descriptor, data, sizeof(data), 0,
			(struct sockaddr *)&from, &size) == SEGMENT)
		count += !source->kept ||
			 !memcmp(&from.sin_addr, source->address, 4);
	return count;
}

static void test_source_is_dropped_only_if_it_is_the_cause(uint32_t row)
{
	static uint8_t data[SEGMENT * SEGMENTS];
	struct sockaddr_in local, remote;
	const int receiver = open_loopback(&remote);
	struct pywg_endpoint endpoint =
		make_endpoint(ntohs(remote.sin_port), &sources[row]);
	const struct udp_batch batch = {.data = data,
					.length = SEGMENT * SEGMENTS,
					.segment_size = SEGMENT,
					.segments = SEGMENTS,
					.endpoint = &endpoint};
	const struct udp_sockets sockets = {
		.family[SOCKET_V4] = {open_loopback(&local), true, false},
	};
	bool gso_refused[SOCKET_FAMILIES] = {false};
	uint64_t drops[DROP_COUNT] = {0};

	CHECK(row, receiver >= 0 && sockets.family[SOCKET_V4].descriptor >= 0);
	socket_send_batch(&sockets, &batch, gso_refused, drops);
	CHECK(row, received(receiver, &sources[row]) == SEGMENTS);
	CHECK(row, (endpoint.source_size > 0) == sources[row].kept);
	CHECK(row, !gso_refused[SOCKET_V4]);
	close(sockets.family[SOCKET_V4].descriptor);
	close(receiver);
}

int main(void)
{
	for (uint32_t row = 0; row < ROWS(sources); row++)
		test_source_is_dropped_only_if_it_is_the_cause(row);
	return test_result();
}
