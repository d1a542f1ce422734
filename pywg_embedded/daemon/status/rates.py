"""The byte rates of a peer over the last ten minutes, in a ring of fixed size."""

from array import array

# Milliseconds between two samples, and the number of samples.
STEP = 10_000
LENGTH = 60
_MAX_RATE = 0xFFFFFFFF


class Rates:
    """Samples of the rates at which a peer's bytes are received and sent.

    ``start`` is a time in milliseconds, the counters are those of the peer at it. Rates
    are bytes per second.
    """

    __slots__ = ("_at", "_count", "_next", "_rx", "_rx_bytes", "_tx", "_tx_bytes")

    def __init__(self, start: int, rx_bytes: int, tx_bytes: int) -> None:
        self._rx = array("I", bytes(4 * LENGTH))
        self._tx = array("I", bytes(4 * LENGTH))
        self._next = 0
        self._count = 0
        self._at, self._rx_bytes, self._tx_bytes = start, rx_bytes, tx_bytes

    def sample(self, now: int, rx_bytes: int, tx_bytes: int) -> None:
        """Take a sample of the counters, unless the last one is newer than ``STEP``."""
        elapsed = now - self._at
        if elapsed < STEP:
            return
        self._rx[self._next] = _rate(rx_bytes - self._rx_bytes, elapsed)
        self._tx[self._next] = _rate(tx_bytes - self._tx_bytes, elapsed)
        self._next = (self._next + 1) % LENGTH
        self._count = min(self._count + 1, LENGTH)
        self._at, self._rx_bytes, self._tx_bytes = now, rx_bytes, tx_bytes

    def last(self) -> tuple[int, int]:
        """Return the last rates of receiving and sending."""
        index = self._next - 1
        return self._rx[index], self._tx[index]

    def history(self) -> "tuple[list[int], list[int]]":
        """Return all rates of receiving and of sending, the oldest first."""
        return self._ordered(self._rx), self._ordered(self._tx)

    def _ordered(self, ring: "array[int]") -> list[int]:
        first = self._next - self._count
        return [ring[(first + offset) % LENGTH] for offset in range(self._count)]


def _rate(count: int, milliseconds: int) -> int:
    return min(max(count, 0) * 1_000 // milliseconds, _MAX_RATE)
