#include "rx_thread.h"
#include "receive.h"
#include "sys/clock.h"
#include "wakeup.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A burst needs a few KiB; some machines refuse less than this. */
#define STACK_SIZE (256 * 1024)

enum { POLL_V4, POLL_V6, POLL_WAKEUP, POLL_COUNT };

/* The second thread. */

static void set_state(struct rx_thread *thread, enum rx_thread_state state)
{
	thread->state = state;
	pthread_cond_signal(&thread->state_changed);
}

/* Return false when the thread shall end. */
static bool wait_until_resumed(struct rx_thread *thread)
{
	bool stopping;

	pthread_mutex_lock(&thread->mutex);
	set_state(thread, RX_THREAD_PARKED);
	while (!thread->resumed && !thread->stopping)
		pthread_cond_wait(&thread->state_changed, &thread->mutex);
	thread->state = RX_THREAD_BUSY;
	stopping = thread->stopping;
	pthread_mutex_unlock(&thread->mutex);
	return !stopping;
}

static void end_burst(struct rx_thread *thread)
{
	pthread_mutex_lock(&thread->mutex);
	set_state(thread, RX_THREAD_POLLING);
	pthread_mutex_unlock(&thread->mutex);
}

static void run_burst(struct rx *rx, struct pollfd *pollfds)
{
	rx->now = clock_read(rx->shared->stopped_clock);
	rx->on_rx_thread = true;
	for (int n = POLL_V4; n <= POLL_V6; n++) {
		const struct udp_socket *socket =
			&rx->shared->sockets.family[n];

		/* The polled socket may have been closed and another opened
		 * since. */
		if (socket->descriptor >= 0 && pollfds[n].revents)
			receive_burst(rx, socket);
		pollfds[n].fd = socket->descriptor;
		pollfds[n].events = POLLIN;
	}
	rx->on_rx_thread = false;
}

static void *receive(void *context)
{
	struct rx *rx = context;
	struct rx_thread *thread = rx->thread;
	struct pollfd pollfds[] = {
		[POLL_V4] = {.fd = -1},
		[POLL_V6] = {.fd = -1},
		[POLL_WAKEUP] = {thread->rx_wakeup, POLLIN, 0},
	};

	while (wait_until_resumed(thread)) {
		run_burst(rx, pollfds);
		end_burst(thread);
		poll(pollfds, POLL_COUNT, -1);
		if (pollfds[POLL_WAKEUP].revents)
			wakeup_drain(thread->rx_wakeup);
	}
	return NULL;
}

/* The main thread. */

static bool create_thread(struct rx *rx)
{
	pthread_attr_t attributes;
	bool created;

	if (pthread_attr_init(&attributes))
		return false;
	created =
		!pthread_attr_setstacksize(&attributes, STACK_SIZE) &&
		!pthread_create(&rx->thread->thread, &attributes, receive, rx);
	pthread_attr_destroy(&attributes);
	return created;
}

bool rx_thread_start(struct rx *rx)
{
	struct rx_thread *thread = rx->thread;
	sigset_t all, before;

	if (!thread->enabled || thread->started)
		return thread->enabled;
	/* Not earlier: a daemon forks first, and a fork copies no threads. The
	 * thread blocks all signals, which are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	thread->started = create_thread(rx);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* One thread is slower, but does the same. */
	if (!thread->started)
		rx_thread_stop(rx);
	return thread->started;
}

static bool has_two_cores(void)
{
	cpu_set_t cores;

	/* It fails if there are more cores than the set can hold. */
	return sched_getaffinity(0, sizeof(cores), &cores) < 0 ||
	       CPU_COUNT(&cores) > 1;
}

static int enable(struct rx_thread *thread)
{
	thread->tx_wakeup = wakeup_open();
	if (thread->tx_wakeup < 0)
		return thread->tx_wakeup;
	thread->rx_wakeup = wakeup_open();
	if (thread->rx_wakeup < 0) {
		close(thread->tx_wakeup);
		return thread->rx_wakeup;
	}
	pthread_mutex_init(&thread->mutex, NULL);
	pthread_cond_init(&thread->state_changed, NULL);
	thread->enabled = true;
	return 0;
}

int rx_thread_set_count(struct rx *rx, uint32_t threads)
{
	struct rx_thread *thread = rx->thread;
	int error;

	if (threads < 1 || threads > 2)
		return -EINVAL;
	if (threads == 1 || !has_two_cores()) {
		rx_thread_stop(rx);
		return 1;
	}
	error = thread->enabled ? 0 : enable(thread);
	return error ? error : 2;
}

static void join(struct rx_thread *thread)
{
	pthread_mutex_lock(&thread->mutex);
	thread->stopping = true;
	pthread_cond_signal(&thread->state_changed);
	pthread_mutex_unlock(&thread->mutex);
	wakeup_signal(thread->rx_wakeup);
	pthread_join(thread->thread, NULL);
}

void rx_thread_stop(struct rx *rx)
{
	struct rx_thread *thread = rx->thread;

	if (thread->started)
		join(thread);
	if (!thread->enabled)
		return;
	pthread_cond_destroy(&thread->state_changed);
	pthread_mutex_destroy(&thread->mutex);
	close(thread->tx_wakeup);
	close(thread->rx_wakeup);
	*thread = (struct rx_thread){.pending = thread->pending};
}

void rx_thread_resume(struct rx *rx)
{
	struct rx_thread *thread = rx->thread;

	pthread_mutex_lock(&thread->mutex);
	thread->resumed = true;
	pthread_cond_signal(&thread->state_changed);
	pthread_mutex_unlock(&thread->mutex);
}

void rx_thread_pause(struct rx *rx)
{
	struct rx_thread *thread = rx->thread;

	pthread_mutex_lock(&thread->mutex);
	thread->resumed = false;
	while (thread->state == RX_THREAD_BUSY)
		pthread_cond_wait(&thread->state_changed, &thread->mutex);
	thread->pause_requested = false;
	pthread_mutex_unlock(&thread->mutex);
}

void rx_thread_park(struct rx *rx)
{
	struct rx_thread *thread = rx->thread;

	if (!thread->started)
		return;
	wakeup_signal(thread->rx_wakeup);
	pthread_mutex_lock(&thread->mutex);
	while (thread->state != RX_THREAD_PARKED)
		pthread_cond_wait(&thread->state_changed, &thread->mutex);
	pthread_mutex_unlock(&thread->mutex);
}
