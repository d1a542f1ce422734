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

enum { POLL_V4, POLL_V6, POLL_WAKEUP, POLL_COUNT };

static void wakeup_signal(int descriptor)
{
	const uint64_t one = 1;

	/* Full, it is no less heard. */
	(void)!write(descriptor, &one, sizeof(one));
}

static void wakeup_drain(int descriptor)
{
	uint64_t count;

	(void)!read(descriptor, &count, sizeof(count));
}

void tx_wakeup_signal(struct plane *plane)
{
	wakeup_signal(plane->rx_thread.tx_wakeup);
}

void tx_wakeup_drain(struct plane *plane)
{
	wakeup_drain(plane->rx_thread.tx_wakeup);
}

/* The second thread. */

static void set_state(struct rx_thread *rx_thread, enum rx_thread_state state)
{
	rx_thread->state = state;
	pthread_cond_signal(&rx_thread->state_changed);
}

/* Wait for the rx_thread to part; false at the end of all. */
static bool wait_until_resumed(struct rx_thread *rx_thread)
{
	bool ending;

	pthread_mutex_lock(&rx_thread->mutex);
	set_state(rx_thread, RX_THREAD_PARKED);
	while (!rx_thread->resumed && !rx_thread->stopping)
		pthread_cond_wait(&rx_thread->state_changed, &rx_thread->mutex);
	rx_thread->state = RX_THREAD_BUSY;
	ending = rx_thread->stopping;
	pthread_mutex_unlock(&rx_thread->mutex);
	return !ending;
}

static void enter_poll(struct rx_thread *rx_thread)
{
	pthread_mutex_lock(&rx_thread->mutex);
	set_state(rx_thread, RX_THREAD_POLLING);
	pthread_mutex_unlock(&rx_thread->mutex);
}

static void run_burst(struct plane *plane, struct pollfd *polled)
{
	struct udp_socket *const sockets[] = {&plane->v4, &plane->v6};

	clock_read(&plane->rx);
	plane->updates_cross_threads = true;
	for (int n = POLL_V4; n <= POLL_V6; n++) {
		/* What was polled may be closed since, and another open. */
		if (sockets[n]->descriptor >= 0 && polled[n].revents)
			receive_burst(plane, sockets[n]);
		polled[n].fd = sockets[n]->descriptor;
		polled[n].events = POLLIN;
	}
	plane->updates_cross_threads = false;
}

static void *receive(void *context)
{
	struct plane *plane = context;
	struct pollfd polled[] = {
		[POLL_V4] = {.fd = -1},
		[POLL_V6] = {.fd = -1},
		[POLL_WAKEUP] = {plane->rx_thread.rx_wakeup, POLLIN, 0},
	};

	while (wait_until_resumed(&plane->rx_thread)) {
		run_burst(plane, polled);
		enter_poll(&plane->rx_thread);
		poll(polled, POLL_COUNT, -1);
		if (polled[POLL_WAKEUP].revents)
			wakeup_drain(plane->rx_thread.rx_wakeup);
	}
	return NULL;
}

static bool create_thread(struct plane *plane)
{
	pthread_attr_t attributes;
	bool made;

	if (pthread_attr_init(&attributes))
		return false;
	made = !pthread_attr_setstacksize(&attributes, STACK_SIZE) &&
	       !pthread_create(&plane->rx_thread.thread, &attributes, receive,
			       plane);
	pthread_attr_destroy(&attributes);
	return made;
}

/* Not before it is needed: a daemon forks first, and threads stay behind. */
static bool create_thread_without_signals(struct plane *plane)
{
	sigset_t all, before;

	/* Signals are for the caller's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	plane->rx_thread.started = create_thread(plane);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return plane->rx_thread.started;
}

/* What the caller does. */

static bool has_two_cores(void)
{
	cpu_set_t cores;

	/* Where there are more than the set has room for, there are two. */
	return sched_getaffinity(0, sizeof(cores), &cores) < 0 ||
	       CPU_COUNT(&cores) > 1;
}

static int init_rx_thread(struct rx_thread *rx_thread)
{
	int error;

	rx_thread->tx_wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	rx_thread->rx_wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (rx_thread->tx_wakeup < 0 || rx_thread->rx_wakeup < 0) {
		error = -errno;
		close(rx_thread->tx_wakeup);
		close(rx_thread->rx_wakeup);
		return error;
	}
	pthread_mutex_init(&rx_thread->mutex, NULL);
	pthread_cond_init(&rx_thread->state_changed, NULL);
	rx_thread->enabled = true;
	return 0;
}

int rx_thread_set_count(struct plane *plane, uint32_t count)
{
	int error;

	if (count < 1 || count > 2)
		return -EINVAL;
	if (count == 1 || !has_two_cores()) {
		rx_thread_stop(plane);
		return 1;
	}
	error = plane->rx_thread.enabled ? 0
					 : init_rx_thread(&plane->rx_thread);
	return error ? error : 2;
}

static void join_thread(struct rx_thread *rx_thread)
{
	pthread_mutex_lock(&rx_thread->mutex);
	rx_thread->stopping = true;
	pthread_cond_signal(&rx_thread->state_changed);
	pthread_mutex_unlock(&rx_thread->mutex);
	wakeup_signal(rx_thread->rx_wakeup);
	pthread_join(rx_thread->thread, NULL);
}

void rx_thread_stop(struct plane *plane)
{
	struct rx_thread *rx_thread = &plane->rx_thread;

	if (rx_thread->started)
		join_thread(rx_thread);
	if (!rx_thread->enabled)
		return;
	pthread_cond_destroy(&rx_thread->state_changed);
	pthread_mutex_destroy(&rx_thread->mutex);
	close(rx_thread->tx_wakeup);
	close(rx_thread->rx_wakeup);
	memset(rx_thread, 0, sizeof(*rx_thread));
}

bool rx_thread_start(struct plane *plane)
{
	if (!plane->rx_thread.enabled)
		return false;
	if (plane->rx_thread.started || create_thread_without_signals(plane))
		return true;
	/* One direction is slower, but none the worse for it. */
	rx_thread_stop(plane);
	return false;
}

void rx_thread_resume(struct plane *plane)
{
	struct rx_thread *rx_thread = &plane->rx_thread;

	pthread_mutex_lock(&rx_thread->mutex);
	rx_thread->resumed = true;
	pthread_cond_signal(&rx_thread->state_changed);
	pthread_mutex_unlock(&rx_thread->mutex);
}

void rx_thread_pause(struct plane *plane)
{
	struct rx_thread *rx_thread = &plane->rx_thread;

	pthread_mutex_lock(&rx_thread->mutex);
	rx_thread->resumed = false;
	while (rx_thread->state == RX_THREAD_BUSY)
		pthread_cond_wait(&rx_thread->state_changed, &rx_thread->mutex);
	rx_thread->pause_requested = false;
	pthread_mutex_unlock(&rx_thread->mutex);
}

void rx_thread_park(struct plane *plane)
{
	struct rx_thread *rx_thread = &plane->rx_thread;

	if (!rx_thread->started)
		return;
	wakeup_signal(rx_thread->rx_wakeup);
	pthread_mutex_lock(&rx_thread->mutex);
	while (rx_thread->state != RX_THREAD_PARKED)
		pthread_cond_wait(&rx_thread->state_changed, &rx_thread->mutex);
	pthread_mutex_unlock(&rx_thread->mutex);
}
