"""The handshake timestamps, across restarts, reboots and changes of the clock.

A peer rejects an initiation whose timestamp is not greater than the last one that it
saw (paper 5.1). A timestamp must therefore be greater than all before it. It should not
be ahead of the time either: a router whose timestamps are has no way back to its peers
once the file is lost, or once the kernel takes over, which uses the wall clock.

The clock is *confirmed* if NTP has set it since the boot, or if it agrees with the
hardware clock when the daemon starts and is not before the last stored time. A router
without a hardware clock boots with the time of its image or of its newest file.

The first timestamp is the clock, but greater than:

| clock | file | floor | reason |
|---|---|---|---|
| confirmed, not before the file | any | last stored | it is above all that was sent, even if the file is outdated |
| any | none, damaged | none | nothing is known; if the clock is wrong, peers reject until NTP sets it |
| other | of a clean end | last stored | that is the last one sent |
| other | of a crash in this boot | last stored + time since + 10 s | no clock runs faster, and a crash loop needs no write |
| other | of a crash in another boot | its bound | the file is written before a timestamp passes it |

Each next timestamp is:

| clock | timestamp | bound in the file |
|---|---|---|
| confirmed, or as expected | the clock, but at least the peer's last + 1 step | 8 h ahead: three writes a day |
| behind the timestamps | the peer's last + 1 step; the clock catches up | 10 min ahead: 35,000 initiations |
| more than a day ahead of the time expected, not confirmed | the peer's last + 1 step | 10 min ahead |

The time expected is that of the file or of the last reading, plus the time since. If
neither is known, it is any time in the ten years after the release of this program.
"""  # noqa: E501

import time

from ..core.tai64n import TimestampGenerator
from .timestamp_store import TimestampStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clock import Clock
    from .log import Log

_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND
_TEN_YEARS = 3_653 * _DAY
FOLLOWING_BOUND = 8 * 3_600 * _SECOND
STEPPING_BOUND = 600 * _SECOND
# A clock that shows more was never set; and timestamps must be able to increase.
YEAR_2200 = 7_258_118_400 * _SECOND
# Two clocks agree up to this: one that was confirmed and may have been stepped a
# little since, and a hardware clock, which drifts.
_TOLERANCE = 60 * _SECOND
_HARDWARE_TOLERANCE = 600 * _SECOND


class Timestamps(TimestampGenerator):
    """The timestamps of an interface; ``path`` is its file, or empty for none."""

    def __init__(self, path: str, clock: "Clock", log: "Log") -> None:
        super().__init__(self._read_clock)
        self._clock = clock
        self._log = log
        self._store = TimestampStore(path, clock, log) if path else None
        self._has_floor = False
        self._is_ignored = False
        # Wall clock less boottime: it changes only if the clock is set.
        self._confirmed: int | None = None
        self._expected: int | None = None
        self._reading = 0
        self._check_hardware_clock()

    def after(self, previous: int) -> int:
        """Return a timestamp greater than ``previous`` and all of earlier runs.

        See the tables of this module. It is recorded in the file before it is returned.
        """
        if not self._has_floor:
            self._set_floor()
        timestamp = super().after(previous)
        if self._store:
            following = timestamp <= self._reading + _SECOND
            room = FOLLOWING_BOUND if following else STEPPING_BOUND
            self._store.record(timestamp, room)
        return timestamp

    def tick(self) -> bool:
        """Return True when the clock has become confirmed since the last call.

        Peers that rejected the timestamps until now may accept the next one.
        """
        if self._is_confirmed():
            return False
        self._read_clock()
        return self._is_confirmed()

    def save(self) -> None:
        """Store the last timestamp, at a clean end."""
        if self._store:
            self._store.save()

    def _set_floor(self) -> None:
        self._has_floor = True
        if not self._store:
            return
        self._read_clock()
        floor = self._store.floor(self._is_confirmed())
        if floor:
            self.raise_floor(floor)
        ahead = floor - self._clock.wall()
        if ahead > _TOLERANCE:
            self._log.verbose(
                f"handshake timestamps start {ahead // _SECOND} s ahead of the clock, "
                "above those of the last run"
            )

    def _offset(self) -> int:
        return self._clock.wall() - self._clock.boottime() * 1_000_000

    def _is_confirmed(self) -> bool:
        confirmed = self._confirmed
        return confirmed is not None and abs(self._offset() - confirmed) <= _TOLERANCE

    def _check_hardware_clock(self) -> None:
        # Only now: later, a wrong clock may have been copied to the hardware clock.
        hardware, wall = self._clock.hardware_clock(), self._clock.wall()
        earliest = self._clock.release_time()
        if self._store and self._store.latest():
            earliest = max(earliest, self._store.latest())
            self._expected = earliest - self._clock.boottime() * 1_000_000
        if hardware is None or abs(hardware - wall) > _HARDWARE_TOLERANCE:
            return
        if earliest <= wall <= earliest + _TEN_YEARS:
            self._confirmed = self._offset()

    def _read_clock(self) -> int:
        """Return the wall clock, or 0 if it is not to be used."""
        wall, offset = self._clock.wall(), self._offset()
        if (
            wall < YEAR_2200
            and not self._is_confirmed()
            and self._is_set_by_ntp(offset)
        ):
            self._confirmed = offset
        if self._is_confirmed():
            self._expected = offset
        elif wall > self._latest_plausible():
            self._ignore(wall)
            self._reading = 0
            return 0
        elif wall >= self._clock.release_time():
            expected = self._expected
            self._expected = offset if expected is None else max(expected, offset)
        self._is_ignored = False
        self._reading = wall
        return wall

    def _is_set_by_ntp(self, offset: int) -> bool:
        if self._clock.is_synchronized():
            return True
        recorded = self._clock.ntp_record()
        return recorded is not None and abs(offset - recorded) <= _TOLERANCE

    def _latest_plausible(self) -> int:
        if self._expected is None:
            return self._clock.release_time() + _TEN_YEARS
        return self._expected + self._clock.boottime() * 1_000_000 + _DAY

    def _ignore(self, wall: int) -> None:
        if not self._is_ignored:
            shown = time.strftime("%Y-%m-%d %H:%M", time.gmtime(wall // _SECOND))
            self._log.warning(
                f"ignoring the clock, which shows {shown} UTC, more than a day ahead "
                "of the time expected; waiting for NTP to confirm it"
            )
        self._is_ignored = True
