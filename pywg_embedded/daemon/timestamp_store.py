"""A clock for TAI64N timestamps that increases across reboots (paper 5.1).

A peer rejects an initiation whose timestamp is not greater than the last one it saw,
and a router without a battery-backed clock boots with a time in the past. So a time is
kept on disk that is greater than all timestamps sent, and the next start begins there.
It is hours ahead, because each write wears out the flash.
"""

import os

from .. import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .log import Log

_SECOND = 1_000_000_000
LOOK_AHEAD = 6 * 3600 * _SECOND
# More than a timestamp can be ahead of the clock: each is a step after the last one.
MARGIN = _SECOND
# A clock that shows more was never set; and timestamps must be able to increase.
YEAR_2200 = 7_258_118_400 * _SECOND
_MAX_DIGITS = 20


class TimestampStore:
    """A callable clock; its times are greater than all earlier ones of the same file.

    ``wall`` returns nanoseconds since 1970 and may step, ``boottime`` milliseconds.
    """

    def __init__(
        self,
        path: str,
        wall: "Callable[[], int]",
        boottime: "Callable[[], int]",
        log: "Log",
    ) -> None:
        self._path = path
        self._wall = wall
        self._boottime = boottime
        self._log = log
        self._started = boottime()
        self._reserved = self._read()
        self._floor = self._reserved + MARGIN if self._reserved else 0

    def __call__(self) -> int:
        """Return the nanoseconds since 1970, after a write if the file is behind."""
        elapsed = (self._boottime() - self._started) * 1_000_000
        wall = self._wall()
        now = max(self._floor + elapsed, wall if wall < YEAR_2200 else 0)
        self._floor = now - elapsed
        if now + MARGIN > self._reserved:
            self._reserve(now + LOOK_AHEAD)
        return now

    def _read(self) -> int:
        try:
            with open(self._path) as file:
                saved = int(file.read(_MAX_DIGITS)) * _SECOND
            if not 0 <= saved < 2 * YEAR_2200:
                raise ValueError("time out of range")
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            self._log.warning(f"ignoring {self._path}: {error}")
            return 0
        return saved

    def _reserve(self, until: int) -> None:
        # Also if the write fails: a full flash is not written again at once.
        self._reserved = until
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            text = f"{-(-until // _SECOND)}\n"
            files.replace(self._path, f"{self._path}.new", text.encode())
        except OSError as error:
            self._log.error(
                f"cannot write {self._path}: {error.strerror}; peers will reject "
                "handshakes after a reboot until the clock is set"
            )
