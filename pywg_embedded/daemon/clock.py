"""The two clocks: one that only goes forward, one that people set."""

import time


def boottime() -> int:
    """Milliseconds since boot; goes on while the machine sleeps, as the peer's does."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def wall() -> int:
    """Nanoseconds since 1970, as far as this machine knows."""
    return time.time_ns()
