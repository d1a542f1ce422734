"""TAI64N timestamps of initiations (paper 5.4.2), each greater than the one before.

A responder stores the greatest timestamp of a peer, and refuses all others that are not
greater. Timestamps must therefore increase even when the wall clock is set back.
"""

import struct

from .constants import TAI64_EPOCH, TIMESTAMP_WHITENING_NS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_SECOND = 1_000_000_000


class TimestampGenerator:
    """Derives timestamps from a wall clock in nanoseconds since 1970."""

    def __init__(self, wall_clock: "Callable[[], int]") -> None:
        self._wall_clock = wall_clock
        self._latest = 0

    def after(self, previous: int) -> int:
        """Return a timestamp in nanoseconds that is greater than ``previous``.

        It is never below an earlier reading of the clock, and at least one whitening
        step above ``previous``, the last timestamp sent to the peer.
        """
        self._latest = max(self._latest, self._wall_clock())
        return max(_whiten(self._latest), _whiten(previous + TIMESTAMP_WHITENING_NS))

    def raise_floor(self, previous: int) -> None:
        """Make all further timestamps greater than ``previous``, for each peer.

        A peer that is removed takes along its last timestamp, which may be ahead of
        the clock; if it is added again, its first one must be greater.
        """
        self._latest = max(self._latest, previous + TIMESTAMP_WHITENING_NS)


def encode(nanoseconds: int) -> bytes:
    """Return the TAI64N label of a Unix time in nanoseconds, 12 bytes big endian."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    return struct.pack(">QI", TAI64_EPOCH + seconds, rest)


def _whiten(nanoseconds: int) -> int:
    seconds, rest = divmod(nanoseconds, _SECOND)
    return seconds * _SECOND + rest // TIMESTAMP_WHITENING_NS * TIMESTAMP_WHITENING_NS
