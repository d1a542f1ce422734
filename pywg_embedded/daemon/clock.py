"""The clocks: CLOCK_BOOTTIME for timers, the wall clock for timestamps."""

import os
import time

from ..core.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Clock(Protocol):
        """What the timestamps need to know of the clocks of the machine."""

        def wall(self) -> int:
            """Return the nanoseconds since 1970 by the wall clock."""

        def boottime(self) -> int:
            """Return the milliseconds since boot."""

        def boot_id(self) -> str:
            """Return the identifier of this boot, or an empty text."""

        def is_synchronized(self) -> bool:
            """Return whether the kernel counts the wall clock as set by NTP."""

        def ntp_record(self) -> int | None:
            """Return the wall clock less the boottime, as NTP last confirmed it."""

        def hardware_clock(self) -> int | None:
            """Return the nanoseconds since 1970 by the hardware clock, if any."""

        def release_time(self) -> int:
            """Return a time before which no clock can be right."""


# 2025, in seconds since 1970: a clock that shows less was never set.
EARLIEST = 1_735_689_600
# Written when NTP sets or confirms the clock, by /etc/hotplug.d/ntp/50-pywg: the
# ntpd of busybox 1.36 sets the clock, but the kernel counts it as not synchronized.
NTP_RECORD = "/var/run/pywg/clock"
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
HARDWARE_CLOCK = "/sys/class/rtc/rtc0/since_epoch"
_SECOND = 1_000_000_000
_MAX_FILE_SIZE = 100


def boottime() -> int:
    """Return the milliseconds since boot, including suspended time."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def wall() -> int:
    """Return the nanoseconds since 1970 by the wall clock, which may be unset."""
    return time.time_ns()


class SystemClock:
    """The clocks of this machine, and what is known of the wall clock."""

    def __init__(self) -> None:
        self._has_library = True

    def wall(self) -> int:
        """Return the nanoseconds since 1970 by the wall clock, which may be unset."""
        return wall()

    def boottime(self) -> int:
        """Return the milliseconds since boot, including suspended time."""
        return boottime()

    def boot_id(self) -> str:
        """Return the identifier of this boot, or an empty text if there is none."""
        return _read(_BOOT_ID).strip()

    def is_synchronized(self) -> bool:
        """Return whether the kernel counts the wall clock as set by NTP."""
        if not self._has_library:
            return False
        try:
            from ..dataplane import native

            return native.clock_is_synchronized()
        except (Error, ImportError):
            # The reference plane works without libpywg.
            self._has_library = False
        except OSError:
            pass
        return False

    def ntp_record(self) -> int | None:
        """Return the wall clock less the boottime, as NTP last confirmed it.

        It is in nanoseconds, and None if NTP has not confirmed the clock since boot, or
        nothing records it.
        """
        try:
            confirmed, uptime = map(int, _read(NTP_RECORD).split())
        except ValueError:
            return None
        return (confirmed - uptime) * _SECOND

    def hardware_clock(self) -> int | None:
        """Return the nanoseconds since 1970 by the hardware clock, None without one."""
        try:
            return int(_read(HARDWARE_CLOCK)) * _SECOND
        except ValueError:
            return None

    def release_time(self) -> int:
        """Return a time before which no clock can be right: that of this program."""
        try:
            return max(int(os.stat(__file__).st_mtime), EARLIEST) * _SECOND
        except OSError:
            return EARLIEST * _SECOND


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read(_MAX_FILE_SIZE)
    except (OSError, ValueError):
        return ""
