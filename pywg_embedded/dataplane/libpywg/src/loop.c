#include "loop.h"
#include "receive.h"
#include "rx_thread.h"
#include "rx_updates.h"
#include "send.h"
#include "wakeup.h"

#include <errno.h>

enum {
	POLL_TUN,
	POLL_V4,
	POLL_V6,
	POLL_ROUTES,
	POLL_WATCHED = PLANE_POLL_WATCHED
};
/* While the rx thread polls the sockets. */
enum { POLL_WAKEUP = POLL_V4 };

#define NEVER UINT64_MAX
/* Python needs milliseconds for each on a router, while no packets move. */
#define HANDSHAKES_PER_WAIT 8

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
	const uint32_t n = find_watched(plane, descriptor);
	struct pollfd *pollfd = &plane->pollfds[POLL_WATCHED + n];

	if (n == PLANE_MAX_WATCHED)
		return -ENOSPC;
	if (n == plane->watched_count)
		plane->watched_count++;
	pollfd->fd = descriptor;
	pollfd->events = writable ? POLLOUT : POLLIN;
	return 0;
}

int loop_unwatch(struct plane *plane, int descriptor)
{
	const uint32_t n = find_watched(plane, descriptor);

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
		plane->tun_gone_reported ? -1 : plane->shared.tun.descriptor,
		first,
		second,
		route_monitor_pollable(&plane->tx.route_monitor, plane->tx.now),
	};

	for (int n = 0; n < POLL_WATCHED; n++) {
		plane->pollfds[n].fd = descriptors[n];
		plane->pollfds[n].events = POLLIN;
	}
}

/* The timeout for poll. */
static int remaining_time(const struct plane *plane, uint64_t end)
{
	const uint64_t now = plane->tx.now;

	if (end == NEVER)
		return -1;
	return now < end ? (int)(end - now) : 0;
}

/* Limit a timeout to when the route monitor is due. A stopped clock would never
 * get there. */
static int earlier_timeout(const struct plane *plane, int timeout)
{
	const uint64_t due_at = plane->tx.route_monitor.due_at;
	const uint64_t now = plane->tx.now;
	int until_due;

	if (!due_at || plane->shared.stopped_clock)
		return timeout;
	until_due = due_at > now ? (int)(due_at - now) : 0;
	return timeout < 0 || until_due < timeout ? until_due : timeout;
}

/* Poll, and take note of changed routes: before any packet is moved. Return how
 * many descriptors are ready; -1 if the poll ended early. */
static int poll_descriptors(struct plane *plane, int timeout)
{
	const int shorter = earlier_timeout(plane, timeout);
	const int ready = poll(plane->pollfds,
			       POLL_WATCHED + plane->watched_count, shorter);
	bool routes_readable;

	plane_read_clock(plane);
	routes_readable = ready > 0 && plane->pollfds[POLL_ROUTES].revents;
	if (routes_readable || plane->tx.route_monitor.due_at)
		route_monitor_update(&plane->tx.route_monitor, routes_readable,
				     plane->tx.now);
	return ready || shorter == timeout ? ready : -1;
}

static uint32_t take_ready_descriptors(const struct plane *plane,
				       struct pywg_event *out, uint32_t room)
{
	uint32_t count = 0;

	for (uint32_t n = 0; n < plane->watched_count && count < room; n++) {
		const struct pollfd *pollfd = &plane->pollfds[POLL_WATCHED + n];

		if (!pollfd->revents)
			continue;
		out[count].kind = PYWG_READY;
		out[count++].id = (uint32_t)pollfd->fd;
	}
	return count;
}

static uint32_t take_tun_gone(struct plane *plane, struct pywg_event *out)
{
	if (plane->tun_gone_reported ||
	    !(plane->tx.tun_gone || plane->rx.tun_gone))
		return 0;
	plane->tun_gone_reported = true;
	out->kind = PYWG_TUN_GONE;
	return 1;
}

static uint32_t take_handshakes(struct rx *rx, struct pywg_event *out,
				uint32_t room)
{
	uint32_t count = 0;

	if (room > HANDSHAKES_PER_WAIT)
		room = HANDSHAKES_PER_WAIT;
	for (; count < room && rx->handshakes.count; count++) {
		handshake_queue_pop(&rx->handshakes, &out[count]);
		out[count].id = handshake_filter_backlog(
			&rx->handshake_filter, rx->handshakes.count, rx->now);
	}
	return count;
}

static uint32_t take_events(struct plane *plane, struct pywg_event *out,
			    uint32_t room)
{
	uint32_t count = take_tun_gone(plane, out);

	while (count < room && plane->tx.events.count)
		event_queue_pop(&plane->tx.events, &out[count++]);
	return count + take_handshakes(&plane->rx, out + count, room - count);
}

/* Poll once, process what is ready, and return the number of events. `idle`
 * tells that nothing became ready before the timeout. */
static uint32_t poll_once(struct plane *plane, int timeout,
			  struct pywg_event *out, uint32_t room, bool *idle)
{
	const struct udp_socket *sockets = plane->shared.sockets.family;
	const struct pollfd *pollfds = plane->pollfds;
	uint32_t count;
	int ready;

	fill_pollfds(plane, sockets[SOCKET_V4].descriptor,
		     sockets[SOCKET_V6].descriptor);
	ready = poll_descriptors(plane, timeout);
	*idle = ready == 0;
	plane->rx.now = plane->tx.now;
	if (ready > 0 && pollfds[POLL_TUN].revents)
		send_tun_burst(&plane->tx);
	if (ready > 0 && pollfds[POLL_V4].revents)
		receive_burst(&plane->rx, &sockets[SOCKET_V4]);
	if (ready > 0 && pollfds[POLL_V6].revents)
		receive_burst(&plane->rx, &sockets[SOCKET_V6]);
	count = take_events(plane, out, room);
	/* Last: the handler of a descriptor may remove a peer that another
	 * event names. */
	if (ready > 0)
		count += take_ready_descriptors(plane, out + count,
						room - count);
	return count;
}

static bool is_any_ready(const struct plane *plane)
{
	uint32_t n = 0;

	while (n < plane->watched_count &&
	       !plane->pollfds[POLL_WATCHED + n].revents)
		n++;
	return n < plane->watched_count;
}

/* Send what the last poll found, beside the rx thread. Return false if
 * there may be an event. */
static bool send_once(struct plane *plane)
{
	if (plane->pollfds[POLL_WAKEUP].revents)
		wakeup_drain(plane->rx_thread.tx_wakeup);
	if (!rx_updates_apply(&plane->rx))
		return false;
	if (plane->pollfds[POLL_TUN].revents)
		send_tun_burst(&plane->tx);
	return !is_any_ready(plane) && !plane->tx.events.count &&
	       !(plane->tx.tun_gone && !plane->tun_gone_reported);
}

/* Move packets on both threads. Return whether the time is over, which it may
 * be although the clock is stopped. */
static bool run_two_threads(struct plane *plane, uint64_t end)
{
	int left, ready;

	rx_thread_resume(&plane->rx);
	do {
		left = remaining_time(plane, end);
		fill_pollfds(plane, plane->rx_thread.tx_wakeup, -1);
		ready = poll_descriptors(plane, left);
	} while (left && ready && (ready < 0 || send_once(plane)));
	rx_thread_pause(&plane->rx);
	rx_updates_apply(&plane->rx);
	return !left || !ready;
}

int loop_wait(struct plane *plane, int timeout, struct pywg_event *out,
	      uint32_t room)
{
	const uint64_t now = plane_read_clock(plane);
	const uint64_t end = timeout < 0 ? NEVER : now + (uint64_t)timeout;
	const bool two_threads = timeout && rx_thread_start(&plane->rx);
	bool over = !timeout;
	bool at_once, idle;
	uint32_t count;

	if (room < 2)
		return -EINVAL;
	for (;;) {
		at_once = two_threads || over || plane->tx.events.count ||
			  plane->rx.handshakes.count;
		count = poll_once(plane,
				  at_once ? 0 : remaining_time(plane, end), out,
				  room, &idle);
		if (count || over)
			return (int)count;
		if (two_threads)
			over = run_two_threads(plane, end);
		else if (idle || !remaining_time(plane, end))
			return 0;
	}
}
