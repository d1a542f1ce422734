#include "wait.h"
#include "clock.h"
#include "events.h"
#include "incoming.h"
#include "outgoing.h"
#include "tun.h"
#include "udp.h"

#include <errno.h>

/* Packets of one descriptor before the others get their turn. */
#define TUN_BURST 64
#define UDP_BURSTS 4

enum { POLLED_TUN, POLLED_V4, POLLED_V6, POLLED_WATCHED };

static uint32_t find_watched(const struct plane *plane, int descriptor)
{
	uint32_t n = 0;

	while (n < plane->watched_count &&
	       plane->polled[POLLED_WATCHED + n].fd != descriptor)
		n++;
	return n;
}

int wait_watch(struct plane *plane, int descriptor, bool writable)
{
	struct pollfd *place;
	uint32_t n = find_watched(plane, descriptor);

	if (n == MOST_WATCHED)
		return -ENOSPC;
	if (n == plane->watched_count)
		plane->watched_count++;
	place = &plane->polled[POLLED_WATCHED + n];
	place->fd = descriptor;
	place->events = writable ? POLLOUT : POLLIN;
	return 0;
}

int wait_unwatch(struct plane *plane, int descriptor)
{
	uint32_t n = find_watched(plane, descriptor);

	if (n == plane->watched_count)
		return -ENOENT;
	plane->watched_count--;
	plane->polled[POLLED_WATCHED + n] =
		plane->polled[POLLED_WATCHED + plane->watched_count];
	return 0;
}

static void drain_tun(struct plane *plane)
{
	struct vnet_header header;
	ssize_t length;

	for (int n = 0; n < TUN_BURST; n++) {
		length = tun_read(plane, &header, plane->from_tun);
		if (length < 0)
			break;
		outgoing_packet(plane, &header, (uint32_t)length);
	}
	outgoing_flush(plane);
}

static void drain_udp(struct plane *plane, struct udp_socket *socket)
{
	struct received received[RECEIVE_SLOTS];
	uint32_t count;

	for (int n = 0; n < UDP_BURSTS; n++) {
		count = udp_receive(plane, socket, received);
		for (uint32_t m = 0; m < count; m++)
			incoming_datagrams(plane, &received[m]);
		incoming_flush(plane);
		if (count < RECEIVE_SLOTS)
			break;
	}
}

static void fill_polled(struct plane *plane)
{
	const int descriptors[] = {
		plane->tun_gone_told ? -1 : plane->tun,
		plane->v4.descriptor,
		plane->v6.descriptor,
	};

	for (int n = 0; n < POLLED_WATCHED; n++) {
		plane->polled[n].fd = descriptors[n];
		plane->polled[n].events = POLLIN;
	}
}

static uint32_t tell_ready(const struct plane *plane, struct pywg_event *out,
			   uint32_t room)
{
	uint32_t told = 0;

	for (uint32_t n = 0; n < plane->watched_count && told < room; n++) {
		const struct pollfd *polled =
			&plane->polled[POLLED_WATCHED + n];

		if (!polled->revents)
			continue;
		out[told].kind = PYWG_READY;
		out[told++].number = (uint32_t)polled->fd;
	}
	return told;
}

static uint32_t tell_tun_gone(struct plane *plane, struct pywg_event *out)
{
	if (plane->tun_gone_told ||
	    !(plane->sending.tun_gone || plane->receiving.tun_gone))
		return 0;
	plane->tun_gone_told = true;
	out->kind = PYWG_TUN_GONE;
	return 1;
}

/* Poll once and move what is there; how many events there are then. `quiet` if
 * nothing was there in all that time. */
static uint32_t pump(struct plane *plane, int timeout, struct pywg_event *out,
		     uint32_t room, bool *quiet)
{
	uint32_t taken = 0;
	int ready;

	fill_polled(plane);
	ready = poll(plane->polled, POLLED_WATCHED + plane->watched_count,
		     timeout);
	*quiet = ready == 0;
	plane->receiving.now = clock_read(&plane->sending);
	if (ready > 0 && plane->polled[POLLED_TUN].revents)
		drain_tun(plane);
	if (ready > 0 && plane->polled[POLLED_V4].revents)
		drain_udp(plane, &plane->v4);
	if (ready > 0 && plane->polled[POLLED_V6].revents)
		drain_udp(plane, &plane->v6);
	taken += tell_tun_gone(plane, out);
	taken += events_take(plane, out + taken, room - taken);
	/* Last: who is told may remove a peer that the others speak of. */
	if (ready > 0)
		taken += tell_ready(plane, out + taken, room - taken);
	return taken;
}

int wait_for_events(struct plane *plane, int timeout, struct pywg_event *out,
		    uint32_t room)
{
	const uint64_t end = clock_read(&plane->sending) + (uint64_t)timeout;
	int left = timeout;
	bool quiet;
	uint32_t taken;

	if (room < 2)
		return -EINVAL;
	for (;;) {
		taken = pump(plane, events_wait(plane) ? 0 : left, out, room,
			     &quiet);
		if (taken)
			return (int)taken;
		if (timeout < 0)
			continue;
		/* The first also where the clock stands still. */
		if (quiet || plane->sending.now >= end)
			return 0;
		left = (int)(end - plane->sending.now);
	}
}
