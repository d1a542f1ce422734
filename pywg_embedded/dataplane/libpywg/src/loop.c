#include "loop.h"
#include "event_queue.h"
#include "receive.h"
#include "rx_thread.h"
#include "rx_updates.h"
#include "send.h"
#include "sys/clock.h"

#include <errno.h>

enum { POLL_TUN, POLL_V4, POLL_V6, POLL_WATCHED };
/* While the rx_thread are parted, the sockets are the other's. */
enum { POLL_WAKEUP = POLL_V4 };

#define NEVER UINT64_MAX

static uint32_t find_watched(const struct plane *plane, int descriptor)
{
	uint32_t n = 0;

	while (n < plane->watched_count &&
	       plane->pollfds[POLL_WATCHED + n].fd != descriptor)
		n++;
	return n;
}

int loop_watch(struct plane *plane, int descriptor, bool writable)
{
	struct pollfd *place;
	uint32_t n = find_watched(plane, descriptor);

	if (n == MAX_WATCHED)
		return -ENOSPC;
	if (n == plane->watched_count)
		plane->watched_count++;
	place = &plane->pollfds[POLL_WATCHED + n];
	place->fd = descriptor;
	place->events = writable ? POLLOUT : POLLIN;
	return 0;
}

int loop_unwatch(struct plane *plane, int descriptor)
{
	uint32_t n = find_watched(plane, descriptor);

	if (n == plane->watched_count)
		return -ENOENT;
	plane->watched_count--;
	plane->pollfds[POLL_WATCHED + n] =
		plane->pollfds[POLL_WATCHED + plane->watched_count];
	return 0;
}

static void fill_pollfds(struct plane *plane, int first, int second)
{
	const int descriptors[] = {
		plane->tun_gone_reported ? -1 : plane->tun,
		first,
		second,
	};

	for (int n = 0; n < POLL_WATCHED; n++) {
		plane->pollfds[n].fd = descriptors[n];
		plane->pollfds[n].events = POLLIN;
	}
}

/* For poll. */
static int remaining_time(const struct plane *plane, uint64_t end)
{
	const uint64_t now = plane->tx.now;

	if (end == NEVER)
		return -1;
	return now < end ? (int)(end - now) : 0;
}

static int poll_descriptors(struct plane *plane, int timeout)
{
	const int ready = poll(plane->pollfds,
			       POLL_WATCHED + plane->watched_count, timeout);

	clock_read(&plane->tx);
	return ready;
}

static uint32_t report_ready_descriptors(const struct plane *plane,
					 struct pywg_event *out, uint32_t room)
{
	uint32_t count = 0;

	for (uint32_t n = 0; n < plane->watched_count && count < room; n++) {
		const struct pollfd *pollfds =
			&plane->pollfds[POLL_WATCHED + n];

		if (!pollfds->revents)
			continue;
		out[count].kind = PYWG_READY;
		out[count++].id = (uint32_t)pollfds->fd;
	}
	return count;
}

static uint32_t report_tun_gone(struct plane *plane, struct pywg_event *out)
{
	if (plane->tun_gone_reported ||
	    !(plane->tx.tun_gone || plane->rx.tun_gone))
		return 0;
	plane->tun_gone_reported = true;
	out->kind = PYWG_TUN_GONE;
	return 1;
}

/* Poll once and move what is there; how many events there are then. `idle` if
 * nothing was there in all that time. */
static uint32_t poll_once(struct plane *plane, int timeout,
			  struct pywg_event *out, uint32_t room, bool *idle)
{
	uint32_t taken = 0;
	int ready;

	fill_pollfds(plane, plane->v4.descriptor, plane->v6.descriptor);
	ready = poll_descriptors(plane, timeout);
	*idle = ready == 0;
	plane->rx.now = plane->tx.now;
	if (ready > 0 && plane->pollfds[POLL_TUN].revents)
		send_tun_burst(plane);
	if (ready > 0 && plane->pollfds[POLL_V4].revents)
		receive_burst(plane, &plane->v4);
	if (ready > 0 && plane->pollfds[POLL_V6].revents)
		receive_burst(plane, &plane->v6);
	taken += report_tun_gone(plane, out);
	taken += event_queue_pop(plane, out + taken, room - taken);
	/* Last: who is count may remove a peer that the others speak of. */
	if (ready > 0)
		taken += report_ready_descriptors(plane, out + taken,
						  room - taken);
	return taken;
}

static bool any_descriptor_ready(const struct plane *plane)
{
	uint32_t n = 0;

	while (n < plane->watched_count &&
	       !plane->pollfds[POLL_WATCHED + n].revents)
		n++;
	return n < plane->watched_count;
}

/* One round of the tx direction by itself; false if there may be something to
 * tell. */
static bool run_tx_once(struct plane *plane)
{
	if (plane->pollfds[POLL_WAKEUP].revents)
		tx_wakeup_drain(plane);
	if (!rx_updates_apply(plane))
		return false;
	if (plane->pollfds[POLL_TUN].revents)
		send_tun_burst(plane);
	return !any_descriptor_ready(plane) &&
	       !event_queue_has_peer_events(plane) &&
	       !(plane->tx.tun_gone && !plane->tun_gone_reported);
}

/* Let each direction move packets by itself; whether the time is over, also
 * where the clock stands still. */
static bool run_two_threads(struct plane *plane, uint64_t end)
{
	int left, ready;

	rx_thread_resume(plane);
	do {
		left = remaining_time(plane, end);
		fill_pollfds(plane, plane->rx_thread.tx_wakeup, -1);
		ready = poll_descriptors(plane, left);
	} while (left && ready && (ready < 0 || run_tx_once(plane)));
	rx_thread_pause(plane);
	rx_updates_apply(plane);
	return !left || !ready;
}

int loop_wait(struct plane *plane, int timeout, struct pywg_event *out,
	      uint32_t room)
{
	const uint64_t now = clock_read(&plane->tx);
	const uint64_t end = timeout < 0 ? NEVER : now + (uint64_t)timeout;
	const bool two = timeout && rx_thread_start(plane);
	bool over = !timeout;
	bool at_once, idle;
	uint32_t taken;

	if (room < 2)
		return -EINVAL;
	for (;;) {
		at_once = two || over || event_queue_has_events(plane);
		taken = poll_once(plane,
				  at_once ? 0 : remaining_time(plane, end), out,
				  room, &idle);
		if (taken || over)
			return (int)taken;
		if (two)
			over = run_two_threads(plane, end);
		else if (idle || !remaining_time(plane, end))
			return 0;
	}
}
