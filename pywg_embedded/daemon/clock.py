"""The two clocks: CLOCK_BOOTTIME for timers, the wall clock for timestamps."""

import time


def boottime() -> int:
    """Return the milliseconds since boot, including suspended time."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def wall() -> int:
    """Return the nanoseconds since 1970 by the wall clock, which may be unset."""
    return time.time_ns()
