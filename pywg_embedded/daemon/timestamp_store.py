"""The file that keeps the handshake timestamps, and the budget of its writes.

Each write wears out the flash. At most ``_BURST`` writes, then one in ``_INTERVAL``:
never more than 8 in 24 hours, whatever the machine does. The budget is part of the file
and grows with the uptime only, because the time between two boots is unknown. A write
that it does not allow is left out, which is noticed only after a loss of power.
"""

import os

from .. import files
from ..control.timestamp_file import MAX_SIZE, StoredTimestamp, parse
from ..core.constants import TIMESTAMP_WHITENING_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clock import Clock
    from .log import Log

# Milliseconds.
_INTERVAL = 6 * 3_600_000
_BURST = 4
_MAX_ALLOWANCE = _BURST * _INTERVAL
_MILLISECOND = 1_000_000
# Nanoseconds. Timestamps follow the clock, which a step of NTP may move by a little.
_MARGIN = 10_000 * _MILLISECOND


class TimestampStore:
    """The stored timestamps of an interface; without a file, nothing is known."""

    def __init__(self, path: str, clock: "Clock", log: "Log") -> None:
        self._path = path
        self._clock = clock
        self._log = log
        self._boot_id = clock.boot_id()
        self._stored = self._read()
        self._used = 0
        now = clock.boottime()
        self._allowance_at = now
        if self._stored is None:
            self._allowance = _MAX_ALLOWANCE
        elif self._is_same_boot(self._stored):
            self._allowance = self._stored.allowance + now - self._stored.boottime
        else:
            self._allowance = self._stored.allowance + now

    def latest(self) -> int:
        """Return the greatest timestamp stored, or 0."""
        return self._stored.used if self._stored else 0

    def floor(self, confirmed: bool) -> int:
        """Return a time that is not below any timestamp sent so far, or 0 if unknown.

        ``confirmed`` says that the wall clock is right; see the table in
        ``timestamps``.
        """
        stored = self._stored
        if stored is None:
            return 0
        if confirmed and self._clock.wall() >= stored.used:
            return stored.used
        if stored.bound > stored.used and self._is_same_boot(stored):
            # The first one must not pass the line, or each restart would move it. It is
            # above all before it: no start follows the last one within a step.
            return self._line(stored) - TIMESTAMP_WHITENING_NS
        return stored.bound

    def record(self, timestamp: int, room: int) -> None:
        """Record a timestamp that is about to be sent.

        The file is written if it does not cover the timestamp, and then covers all that
        follow up to ``room`` nanoseconds later.
        """
        self._used = max(self._used, timestamp)
        stored = self._stored
        if stored is None or timestamp > stored.bound:
            covered = False
        else:
            covered = not self._is_same_boot(stored) or timestamp <= self._line(stored)
        if not covered and self._budget() >= _INTERVAL:
            self._write(timestamp, timestamp + room)

    def save(self) -> None:
        """Store the last timestamp sent, at a clean end.

        This takes two writes, because the next start needs one for its first timestamp.
        """
        if self._used and self._budget() >= 2 * _INTERVAL:
            self._write(self._used, self._used)

    def _is_same_boot(self, stored: StoredTimestamp) -> bool:
        return stored.boot_id == self._boot_id

    def _line(self, stored: StoredTimestamp) -> int:
        # Within a boot, all clocks run at one rate.
        elapsed = self._clock.boottime() - stored.boottime
        return stored.used + elapsed * _MILLISECOND + _MARGIN

    def _budget(self) -> int:
        now = self._clock.boottime()
        grown = self._allowance + now - self._allowance_at
        self._allowance, self._allowance_at = min(grown, _MAX_ALLOWANCE), now
        return self._allowance

    def _read(self) -> StoredTimestamp | None:
        try:
            with open(self._path, "rb") as file:
                return parse(file.read(MAX_SIZE))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._log.warning(f"ignoring {self._path}: {error}")
            return None

    def _write(self, used: int, bound: int) -> None:
        now = self._clock.boottime()
        allowance = self._allowance - _INTERVAL
        stored = StoredTimestamp(used, bound, self._boot_id, now, allowance)
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            files.replace(self._path, f"{self._path}.new", stored.format())
        except OSError as error:
            # A flash that is full is not written again at once.
            self._allowance = 0
            self._log.error(
                f"cannot write {self._path}: {error.strerror}; peers will reject "
                "handshakes after a reboot until the clock is set"
            )
            return
        self._allowance = allowance
        self._stored = stored
