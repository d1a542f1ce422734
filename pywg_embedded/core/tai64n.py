"""TAI64N stamps of initiations (paper 5.4.2): each greater than the one before.

A responder remembers the greatest stamp of a peer and refuses what is not above it,
so a clock that steps back must not take the stamps with it.
"""

import struct

from .constants import TAI64_EPOCH, TIMESTAMP_WHITENING_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_SECOND = 1_000_000_000


class TimestampGenerator:
    """Makes stamps from a wall clock that answers nanoseconds since 1970."""

    def __init__(self, wall_clock: "Callable[[], int]") -> None:
        self._wall_clock = wall_clock
        self._latest = 0

    def after(self, previous: int) -> int:
        """A time to stamp with, in nanoseconds: never below what the clock showed
        before, and a whole step above ``previous``, the peer's last one."""
        self._latest = max(self._latest, self._wall_clock())
        return max(_whiten(self._latest), _whiten(previous + TIMESTAMP_WHITENING_NS))


def encode(nanoseconds: int) -> bytes:
    """The TAI64N label of a Unix time in nanoseconds, 12 bytes big endian."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    return struct.pack(">QI", TAI64_EPOCH + seconds, rest)


def _whiten(nanoseconds: int) -> int:
    seconds, rest = divmod(nanoseconds, _SECOND)
    return seconds * _SECOND + rest // TIMESTAMP_WHITENING_NS * TIMESTAMP_WHITENING_NS
