"""A clock for stamps that no reboot takes back (paper 5.1).

A peer refuses initiations stamped no later than the last one it saw, and a router
without a battery-backed clock wakes up in the past. So a time is kept on disk that no
stamp has reached; the next start begins there. It lies hours ahead, for flash wears
out by writing.
"""

import os

from .. import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .log import Log

_SECOND = 1_000_000_000
LOOK_AHEAD = 6 * 3600 * _SECOND
# Above what a peer's own last stamp, a step further each time, can be ahead of ours.
MARGIN = _SECOND
# No clock that was ever set shows a later year, and stamps must be able to rise yet.
YEAR_2200 = 7_258_118_400 * _SECOND
_MOST_DIGITS = 20


class TimestampStore:
    """Answers nanoseconds since 1970, later than ever before under this ``path``.

    ``wall`` is in nanoseconds and may step, ``boottime`` is in milliseconds.
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
        """The time now; written down beforehand if it is beyond what is on disk."""
        elapsed = (self._boottime() - self._started) * 1_000_000
        shown = self._wall()
        now = max(self._floor + elapsed, shown if shown < YEAR_2200 else 0)
        self._floor = now - elapsed
        if now + MARGIN > self._reserved:
            self._reserve(now + LOOK_AHEAD)
        return now

    def _read(self) -> int:
        try:
            with open(self._path) as file:
                saved = int(file.read(_MOST_DIGITS)) * _SECOND
            if not 0 <= saved < 2 * YEAR_2200:
                raise ValueError("no time that can be")
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            self._log.error(f"{self._path} is not used: {error}")
            return 0
        return saved

    def _reserve(self, until: int) -> None:
        # Even if it fails: the next attempt is as far away, for flash may be full.
        self._reserved = until
        try:
            self._write(f"{-(-until // _SECOND)}\n")
        except OSError as error:
            self._log.error(
                f"cannot write {self._path} ({error.strerror}): peers will refuse "
                "handshakes after a reboot, until the clock is set"
            )

    def _write(self, text: str) -> None:
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        files.replace(self._path, f"{self._path}.new", text.encode())
