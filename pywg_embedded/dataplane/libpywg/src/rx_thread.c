#include "rx_thread.h"
#include "receive.h"
#include "sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A burst takes a few KiB; on some machines less than this is refused. */
#define STACK_SIZE (256 * 1024)

enum { POLLED_V4, POLLED_V6, POLLED_DISTURBED, POLLED };

static void ring(int descriptor)
{
	const uint64_t one = 1;

	/* Full, it is no less heard. */
	(void)!write(descriptor, &one, sizeof(one));
}

static void silence(int descriptor)
{
	uint64_t count;

	(void)!read(descriptor, &count, sizeof(count));
}

void lanes_call(struct plane *plane)
{
	ring(plane->lanes.called);
}

void lanes_heard(struct plane *plane)
{
	silence(plane->lanes.called);
}

/* The second thread. */

static void enter_state(struct lanes *lanes, enum lane_state state)
{
	lanes->state = state;
	pthread_cond_signal(&lanes->turn);
}

/* Wait for the lanes to part; false at the end of all. */
static bool begin_burst(struct lanes *lanes)
{
	bool ending;

	pthread_mutex_lock(&lanes->mutex);
	enter_state(lanes, LANE_RESTS);
	while (!lanes->parted && !lanes->ending)
		pthread_cond_wait(&lanes->turn, &lanes->mutex);
	lanes->state = LANE_WORKS;
	ending = lanes->ending;
	pthread_mutex_unlock(&lanes->mutex);
	return !ending;
}

static void end_burst(struct lanes *lanes)
{
	pthread_mutex_lock(&lanes->mutex);
	enter_state(lanes, LANE_POLLS);
	pthread_mutex_unlock(&lanes->mutex);
}

static void receive_burst(struct plane *plane, struct pollfd *polled)
{
	struct udp_socket *const sockets[] = {&plane->v4, &plane->v6};

	clock_read(&plane->receiving);
	plane->arrivals_cross = true;
	for (int n = POLLED_V4; n <= POLLED_V6; n++) {
		/* What was polled may be closed since, and another open. */
		if (sockets[n]->descriptor >= 0 && polled[n].revents)
			incoming_drain(plane, sockets[n]);
		polled[n].fd = sockets[n]->descriptor;
		polled[n].events = POLLIN;
	}
	plane->arrivals_cross = false;
}

static void *receive(void *context)
{
	struct plane *plane = context;
	struct pollfd polled[] = {
		[POLLED_V4] = {.fd = -1},
		[POLLED_V6] = {.fd = -1},
		[POLLED_DISTURBED] = {plane->lanes.disturbed, POLLIN, 0},
	};

	while (begin_burst(&plane->lanes)) {
		receive_burst(plane, polled);
		end_burst(&plane->lanes);
		poll(polled, POLLED, -1);
		if (polled[POLLED_DISTURBED].revents)
			silence(plane->lanes.disturbed);
	}
	return NULL;
}

static bool make_thread(struct plane *plane)
{
	pthread_attr_t attributes;
	bool made;

	if (pthread_attr_init(&attributes))
		return false;
	made = !pthread_attr_setstacksize(&attributes, STACK_SIZE) &&
	       !pthread_create(&plane->lanes.thread, &attributes, receive,
			       plane);
	pthread_attr_destroy(&attributes);
	return made;
}

/* Not before it is needed: a daemon forks first, and threads stay behind. */
static bool start_thread(struct plane *plane)
{
	sigset_t all, before;

	/* Signals are for the caller's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	plane->lanes.running = make_thread(plane);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return plane->lanes.running;
}

/* What the caller does. */

static bool has_two_cores(void)
{
	cpu_set_t cores;

	/* Where there are more than the set has room for, there are two. */
	return sched_getaffinity(0, sizeof(cores), &cores) < 0 ||
	       CPU_COUNT(&cores) > 1;
}

static int open_lanes(struct lanes *lanes)
{
	int error;

	lanes->called = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	lanes->disturbed = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (lanes->called < 0 || lanes->disturbed < 0) {
		error = -errno;
		close(lanes->called);
		close(lanes->disturbed);
		return error;
	}
	pthread_mutex_init(&lanes->mutex, NULL);
	pthread_cond_init(&lanes->turn, NULL);
	lanes->open = true;
	return 0;
}

int lanes_set(struct plane *plane, uint32_t count)
{
	int error;

	if (count < 1 || count > 2)
		return -EINVAL;
	if (count == 1 || !has_two_cores()) {
		lanes_end(plane);
		return 1;
	}
	error = plane->lanes.open ? 0 : open_lanes(&plane->lanes);
	return error ? error : 2;
}

static void end_thread(struct lanes *lanes)
{
	pthread_mutex_lock(&lanes->mutex);
	lanes->ending = true;
	pthread_cond_signal(&lanes->turn);
	pthread_mutex_unlock(&lanes->mutex);
	ring(lanes->disturbed);
	pthread_join(lanes->thread, NULL);
}

void lanes_end(struct plane *plane)
{
	struct lanes *lanes = &plane->lanes;

	if (lanes->running)
		end_thread(lanes);
	if (!lanes->open)
		return;
	pthread_cond_destroy(&lanes->turn);
	pthread_mutex_destroy(&lanes->mutex);
	close(lanes->called);
	close(lanes->disturbed);
	memset(lanes, 0, sizeof(*lanes));
}

bool lanes_ready(struct plane *plane)
{
	if (!plane->lanes.open)
		return false;
	if (plane->lanes.running || start_thread(plane))
		return true;
	/* One lane is slower, but none the worse for it. */
	lanes_end(plane);
	return false;
}

void lanes_part(struct plane *plane)
{
	struct lanes *lanes = &plane->lanes;

	pthread_mutex_lock(&lanes->mutex);
	lanes->parted = true;
	pthread_cond_signal(&lanes->turn);
	pthread_mutex_unlock(&lanes->mutex);
}

void lanes_meet(struct plane *plane)
{
	struct lanes *lanes = &plane->lanes;

	pthread_mutex_lock(&lanes->mutex);
	lanes->parted = false;
	while (lanes->state == LANE_WORKS)
		pthread_cond_wait(&lanes->turn, &lanes->mutex);
	lanes->asked_to_meet = false;
	pthread_mutex_unlock(&lanes->mutex);
}

void lanes_rest(struct plane *plane)
{
	struct lanes *lanes = &plane->lanes;

	if (!lanes->running)
		return;
	ring(lanes->disturbed);
	pthread_mutex_lock(&lanes->mutex);
	while (lanes->state != LANE_RESTS)
		pthread_cond_wait(&lanes->turn, &lanes->mutex);
	pthread_mutex_unlock(&lanes->mutex);
}
