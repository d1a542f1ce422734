/* What becomes of a message that the kernel will not segment. */
#include "io/socket.h"
#include "plane.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEGMENT 48
#define SEGMENTS 3

/* The kernel of this test: some refuse segments beyond the MTU with the error
 * that a stale source has. */
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
	{{192, 0, 2, 1}, false}, /* none of this machine's */
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

static void load_batch(struct plane *plane, uint8_t *data, uint16_t port,
		       const struct source *source)
{
	struct pywg_endpoint *endpoint = &plane->peers[0].facts.endpoint;

	*endpoint = (struct pywg_endpoint){.address = {127, 0, 0, 1},
					   .port = port,
					   .address_size = 4,
					   .source_size = 4};
	memcpy(endpoint->source, source->address, sizeof(source->address));
	plane->batches_count = 1;
	plane->batches[0] = (struct udp_batch){.data = data,
					       .length = SEGMENT * SEGMENTS,
					       .segment = SEGMENT,
					       .segments = SEGMENTS};
}

/* How many datagrams came, all of them from this source if it was kept. */
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

static void a_source_is_dropped_for_its_own_fault_alone(uint32_t row)
{
	static struct plane plane;
	static struct peer peer;
	static uint8_t data[SEGMENT * SEGMENTS];
	struct sockaddr_in here, there;
	const int receiver = open_loopback(&there);

	memset(&plane, 0, sizeof(plane));
	plane.tx.plane = &plane;
	plane.peers = &peer;
	plane.v4 = (struct udp_socket){open_loopback(&here), true, false};
	CHECK(row, receiver >= 0 && plane.v4.descriptor >= 0);
	load_batch(&plane, data, ntohs(there.sin_port), &sources[row]);
	socket_send_batches(&plane);
	CHECK(row, received(receiver, &sources[row]) == SEGMENTS);
	CHECK(row, (peer.facts.endpoint.source_size > 0) == sources[row].kept);
	CHECK(row, plane.v4.gso);
	close(plane.v4.descriptor);
	close(receiver);
}

int main(void)
{
	for (uint32_t row = 0; row < ROWS(sources); row++)
		a_source_is_dropped_for_its_own_fault_alone(row);
	return test_result();
}
