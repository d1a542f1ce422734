"""The replay window (paper 5.4.6, RFC 6479)."""

from array import array

from ...core.constants import REPLAY_WINDOW_BITS, REPLAY_WINDOW_SIZE

_WORD_BITS = 64
_WORDS = REPLAY_WINDOW_BITS // _WORD_BITS


class ReplayWindow:
    """Accepts each counter once, and none that is older than the window."""

    __slots__ = ("_greatest", "_words")

    def __init__(self) -> None:
        self._greatest = 0
        self._words = array("Q", bytes(8 * _WORDS))

    def accept(self, counter: int) -> bool:
        """Mark a counter as received; return False if it was, or is too old."""
        if counter + REPLAY_WINDOW_SIZE < self._greatest:
            return False
        if counter > self._greatest:
            self._advance(counter)
        word = counter // _WORD_BITS % _WORDS
        bit = 1 << counter % _WORD_BITS
        if self._words[word] & bit:
            return False
        self._words[word] |= bit
        return True

    def _advance(self, counter: int) -> None:
        first = self._greatest // _WORD_BITS + 1
        last = counter // _WORD_BITS
        for word in range(max(first, last - _WORDS + 1), last + 1):
            self._words[word % _WORDS] = 0
        self._greatest = counter
