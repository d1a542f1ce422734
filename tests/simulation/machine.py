"""A router with its clocks and its flash, and the daemon's timestamps on it."""

from pathlib import Path

from pywg_embedded.control.timestamp_file import StoredTimestamp, parse
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.timestamps import Timestamps

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
YEAR = 365 * DAY
# The right time at the start of a test, in January 2027.
TODAY = 1_800_000_000 * SECOND
RELEASED = TODAY - YEAR
IMAGE_BUILT = TODAY - YEAR // 2
YEAR_2040 = 2_209_000_000 * SECOND


class Machine:
    """A machine whose wall clock has ``error`` nanoseconds; NTP sets it.

    Without a hardware clock, it boots with the time of its newest file, as OpenWrt
    does. ``writes`` are the right times of the writes to the flash.
    """

    def __init__(self, path: Path, has_hardware_clock: bool = False) -> None:
        self.path = path
        self.right_time = TODAY
        self.error = 0
        self.has_hardware_clock = has_hardware_clock
        self.hardware_error = 0
        self.synchronized = False
        self.recorded: int | None = None
        self.writes: list[int] = []
        self.newest_file = IMAGE_BUILT
        self.logged: list[str] = []
        self._booted_at = TODAY - 30 * SECOND
        self._boots = 1
        self.timestamps = self.start()

    # The clocks, as the daemon reads them.

    def wall(self) -> int:
        return self.right_time + self.error

    def boottime(self) -> int:
        return (self.right_time - self._booted_at) // 1_000_000

    def boot_id(self) -> str:
        return f"boot-{self._boots}"

    def is_synchronized(self) -> bool:
        return self.synchronized

    def ntp_record(self) -> int | None:
        return self.recorded

    def hardware_clock(self) -> int | None:
        return (
            self.right_time + self.hardware_error if self.has_hardware_clock else None
        )

    def release_time(self) -> int:
        return RELEASED

    # What happens to the machine.

    def advance(self, nanoseconds: int) -> None:
        self.right_time += nanoseconds

    def set_clock(self, time: int) -> None:
        """Set the wall clock by hand."""
        self.error = time - self.right_time
        self.synchronized = False

    def ntp(self) -> None:
        """Set the wall clock by NTP."""
        self.error = 0
        self.synchronized = True

    def start(self) -> Timestamps:
        """Start the daemon; one that runs is killed."""
        log = Log("wg0", "verbose", lambda _, text: self.logged.append(text))
        self.timestamps = Timestamps(str(self.path), self, log)
        return self.timestamps

    def restart(self) -> Timestamps:
        """End the daemon by a signal and start it again."""
        self.timestamps.save()
        return self.start()

    def lose_power(self, off: int = 0) -> Timestamps:
        """Lose the power for ``off`` nanoseconds, and boot."""
        newest = self.newest_file
        self.advance(off)
        self._boots += 1
        self._booted_at = self.right_time
        self.synchronized, self.recorded = False, None
        if self.has_hardware_clock:
            self.error = self.hardware_error
        else:
            self.set_clock(max(newest, IMAGE_BUILT))
        self.advance(20 * SECOND)
        return self.start()

    def reboot(self, off: int = 0) -> Timestamps:
        """Shut down, stay off, and boot."""
        self.timestamps.save()
        return self.lose_power(off)

    def lose_file(self) -> None:
        self.path.unlink(missing_ok=True)

    def stored(self) -> StoredTimestamp:
        """Return the content of the file."""
        return parse(self.path.read_bytes())

    def ahead(self) -> int:
        """Return how far the stored timestamp is ahead of the right time."""
        return self.stored().used - self.right_time

    def count_write(self) -> None:
        """Record a write to the flash."""
        self.writes.append(self.right_time)
        self.newest_file = self.wall()
