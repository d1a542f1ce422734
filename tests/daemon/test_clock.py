"""The clocks and their units."""

import time

from pywg_embedded.daemon import clock


def test_boottime_is_milliseconds_since_boot() -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    now = clock.boottime()
    after = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    assert before <= now <= after


def test_wall_is_nanoseconds_since_1970() -> None:
    before = time.time_ns()
    now = clock.wall()
    assert before <= now <= time.time_ns()
