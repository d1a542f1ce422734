"""The rate limiter: a token bucket per source, in a table of fixed size (paper 5.3).

A source is an IPv4 address or an IPv6 /64. The table is set-associative: a source may
use any way of its set, and replaces a source whose bucket is full again (a full bucket
carries no information). If no way is free, the new source is refused: a flood from many
addresses must not evict the buckets of others.
"""

from array import array

from .constants import SOURCE_PACKETS_BURST, SOURCE_PACKETS_PER_SECOND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .crypto import Crypto

_SETS = 256
_WAYS = 8
_IPV6_PREFIX_SIZE = 8
_COST = 1000 // SOURCE_PACKETS_PER_SECOND
_CAPACITY = SOURCE_PACKETS_BURST * _COST


class RateLimiter:
    """Limits each source to a burst and a steady rate; ``now`` is in milliseconds."""

    def __init__(self, crypto: "Crypto") -> None:
        self._crypto = crypto
        self._secret = crypto.random(16)
        self._tags = array("Q", bytes(8 * _SETS * _WAYS))
        # When each bucket is full again; a packet delays that time by its cost.
        self._full_at = array("Q", bytes(8 * _SETS * _WAYS))

    def allow(self, address: bytes, now: int) -> bool:
        """Return whether a source may send a packet now; if so, take a token."""
        tag, first = self._find_set(address)
        ways = range(first, first + _WAYS)
        for way in ways:
            if self._tags[way] == tag:
                return self._take(way, now)
        for way in ways:
            if self._full_at[way] <= now:
                self._tags[way] = tag
                return self._take(way, now)
        return False

    def _take(self, way: int, now: int) -> bool:
        full_at = max(self._full_at[way], now) + _COST
        if full_at - now > _CAPACITY:
            return False
        self._full_at[way] = full_at
        return True

    def _find_set(self, address: bytes) -> tuple[int, int]:
        source = address if len(address) == 4 else address[:_IPV6_PREFIX_SIZE]
        digest = self._crypto.blake2s(source, self._secret, 10)
        tag = int.from_bytes(digest[:8], "little") | 1
        return tag, int.from_bytes(digest[8:], "little") % _SETS * _WAYS
