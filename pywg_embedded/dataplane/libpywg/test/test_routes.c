/* The route monitor, with a socket in place of the kernel's notifications. */
#include "io/routes.h"
#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

#define NOW 1000

static int kernel_end;

static void open_monitor(struct route_monitor *monitor)
{
	int ends[2];

	route_monitor_init(monitor);
	CHECK(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	kernel_end = ends[0];
	monitor->descriptor = ends[1];
	route_monitor_invalidate(monitor);
}

static void close_monitor(struct route_monitor *monitor)
{
	route_monitor_close(monitor);
	close(kernel_end);
}

static void notify(uint32_t count)
{
	while (count--)
		CHECK(0, send(kernel_end, "message", 7, 0) == 7);
}

/* Update the monitor; return whether the generation changed. */
static bool changes(struct route_monitor *monitor, bool readable, uint64_t now)
{
	const uint32_t before = monitor->generation;

	route_monitor_update(monitor, readable, now);
	return monitor->generation != before;
}

static void test_nothing_changes_without_a_notification(void)
{
	struct route_monitor monitor;

	open_monitor(&monitor);
	CHECK(0, monitor.generation);
	CHECK(0, !changes(&monitor, false, NOW));
	CHECK(0, !changes(&monitor, true, NOW));
	CHECK(0, !monitor.due_at);
	close_monitor(&monitor);
}

static void test_generation_changes_again_after_each_delay(void)
{
	static const uint64_t changed_at[] = {2, 52, 1052};
	struct route_monitor monitor;

	open_monitor(&monitor);
	notify(1);
	CHECK(0, changes(&monitor, true, NOW));
	for (size_t n = 0; n < 3; n++) {
		CHECK(0, monitor.due_at == NOW + changed_at[n]);
		CHECK(0, !changes(&monitor, false, monitor.due_at - 1));
		CHECK(0, changes(&monitor, false, monitor.due_at));
	}
	CHECK(0, !monitor.due_at);
	close_monitor(&monitor);
}

static void test_notifications_are_held_back_after_one(void)
{
	struct route_monitor monitor;

	open_monitor(&monitor);
	CHECK(0, route_monitor_pollable(&monitor, NOW) == monitor.descriptor);
	notify(1);
	CHECK(0, changes(&monitor, true, NOW));
	notify(1);
	CHECK(0, route_monitor_pollable(&monitor, NOW + 1) == -1);
	CHECK(0, changes(&monitor, false, NOW + 2));
	/* The second one was read: notifications are held back again. */
	CHECK(0, monitor.due_at == NOW + 4);
	CHECK(0, route_monitor_pollable(&monitor, NOW + 2) == -1);
	CHECK(0, changes(&monitor, false, NOW + 4));
	CHECK(0,
	      route_monitor_pollable(&monitor, NOW + 4) == monitor.descriptor);
	close_monitor(&monitor);
}

static void test_work_is_bounded_when_notifications_keep_coming(void)
{
	struct route_monitor monitor;
	uint32_t count = 0;

	open_monitor(&monitor);
	for (uint64_t now = NOW; now < NOW + 1000; now++) {
		const bool readable =
			route_monitor_pollable(&monitor, now) >= 0;

		notify(1);
		if (changes(&monitor, readable, now)) {
			count++;
			/* Of ten peers that are active. */
			for (int n = 0; n < 10; n++)
				route_monitor_record_lookup(&monitor);
		}
	}
	CHECK(0, count == 84);
	close_monitor(&monitor);
}

static void test_many_notifications_are_read_in_turns(void)
{
	struct route_monitor monitor;

	open_monitor(&monitor);
	notify(20);
	CHECK(0, changes(&monitor, true, NOW));
	CHECK(0, monitor.due_at == NOW + 2);
	CHECK(0, changes(&monitor, false, NOW + 2));
	CHECK(0, monitor.due_at == NOW + 4);
	CHECK(0, changes(&monitor, false, NOW + 4));
	CHECK(0, monitor.due_at == NOW + 54);
	close_monitor(&monitor);
}

static void test_generation_is_zero_until_opened(void)
{
	struct route_monitor monitor;

	route_monitor_init(&monitor);
	CHECK(0, !monitor.generation && monitor.descriptor == -1);
	route_monitor_invalidate(&monitor);
	CHECK(0, !monitor.generation);
	open_monitor(&monitor);
	monitor.generation = UINT32_MAX;
	route_monitor_invalidate(&monitor);
	CHECK(0, monitor.generation == 1);
	close_monitor(&monitor);
	CHECK(0, route_monitor_pollable(&monitor, NOW) == -1);
}

static void test_source_fits_when_lookups_are_not_possible(void)
{
	const struct pywg_endpoint endpoint = {
		.address_size = 4,
		.source_size = 4,
		.interface = UINT32_MAX,
	};
	const struct udp_sockets sockets = {.port = 1};
	struct route_lookup lookup;

	route_lookup_init(&lookup);
	CHECK(0, route_fits_source(&lookup, &sockets, &endpoint));
}

int main(void)
{
	test_nothing_changes_without_a_notification();
	test_generation_changes_again_after_each_delay();
	test_notifications_are_held_back_after_one();
	test_work_is_bounded_when_notifications_keep_coming();
	test_many_notifications_are_read_in_turns();
	test_generation_is_zero_until_opened();
	test_source_fits_when_lookups_are_not_possible();
	return test_result();
}
