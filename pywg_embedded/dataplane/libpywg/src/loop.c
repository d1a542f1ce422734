#include "loop.h"
#include "event_queue.h"
#include "receive.h"
#include "rx_thread.h"
#include "rx_updates.h"
#include "send.h"
#include "sys/clock.h"

#include <errno.h>

enum { POLLED_TUN, POLLED_V4, POLLED_V6, POLLED_WATCHED };
/* While the lanes are parted, the sockets are the other's. */
enum { POLLED_CALLED = POLLED_V4 };

#define NEVER UINT64_MAX

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

static void fill_polled(struct plane *plane, int first, int second)
{
	const int descriptors[] = {
		plane->tun_gone_told ? -1 : plane->tun,
		first,
		second,
	};

	for (int n = 0; n < POLLED_WATCHED; n++) {
		plane->polled[n].fd = descriptors[n];
		plane->polled[n].events = POLLIN;
	}
}

/* For poll. */
static int time_left(const struct plane *plane, uint64_t end)
{
	const uint64_t now = plane->sending.now;

	if (end == NEVER)
		return -1;
	return now < end ? (int)(end - now) : 0;
}

static int poll_all(struct plane *plane, int timeout)
{
	const int ready = poll(plane->polled,
			       POLLED_WATCHED + plane->watched_count, timeout);

	clock_read(&plane->sending);
	return ready;
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

	fill_polled(plane, plane->v4.descriptor, plane->v6.descriptor);
	ready = poll_all(plane, timeout);
	*quiet = ready == 0;
	plane->receiving.now = plane->sending.now;
	if (ready > 0 && plane->polled[POLLED_TUN].revents)
		outgoing_drain(plane);
	if (ready > 0 && plane->polled[POLLED_V4].revents)
		incoming_drain(plane, &plane->v4);
	if (ready > 0 && plane->polled[POLLED_V6].revents)
		incoming_drain(plane, &plane->v6);
	taken += tell_tun_gone(plane, out);
	taken += events_take(plane, out + taken, room - taken);
	/* Last: who is told may remove a peer that the others speak of. */
	if (ready > 0)
		taken += tell_ready(plane, out + taken, room - taken);
	return taken;
}

static bool is_any_ready(const struct plane *plane)
{
	uint32_t n = 0;

	while (n < plane->watched_count &&
	       !plane->polled[POLLED_WATCHED + n].revents)
		n++;
	return n < plane->watched_count;
}

/* One round of the sending lane by itself; false if there may be something to
 * tell. */
static bool send_round(struct plane *plane)
{
	if (plane->polled[POLLED_CALLED].revents)
		lanes_heard(plane);
	if (!arrivals_settle(plane))
		return false;
	if (plane->polled[POLLED_TUN].revents)
		outgoing_drain(plane);
	return !is_any_ready(plane) && !events_happened(plane) &&
	       !(plane->sending.tun_gone && !plane->tun_gone_told);
}

/* Let each lane move packets by itself; whether the time is over, also where
 * the clock stands still. */
static bool run_parted(struct plane *plane, uint64_t end)
{
	int left, ready;

	lanes_part(plane);
	do {
		left = time_left(plane, end);
		fill_polled(plane, plane->lanes.called, -1);
		ready = poll_all(plane, left);
	} while (left && ready && (ready < 0 || send_round(plane)));
	lanes_meet(plane);
	arrivals_settle(plane);
	return !left || !ready;
}

int wait_for_events(struct plane *plane, int timeout, struct pywg_event *out,
		    uint32_t room)
{
	const uint64_t now = clock_read(&plane->sending);
	const uint64_t end = timeout < 0 ? NEVER : now + (uint64_t)timeout;
	const bool two = timeout && lanes_ready(plane);
	bool over = !timeout;
	bool at_once, quiet;
	uint32_t taken;

	if (room < 2)
		return -EINVAL;
	for (;;) {
		at_once = two || over || events_wait(plane);
		taken = pump(plane, at_once ? 0 : time_left(plane, end), out,
			     room, &quiet);
		if (taken || over)
			return (int)taken;
		if (two)
			over = run_parted(plane, end);
		else if (quiet || !time_left(plane, end))
			return 0;
	}
}
