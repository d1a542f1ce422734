"""What happens to the peers, seen by looking every second: events, and rates."""

from ...control.address import format_endpoint
from ...control.keys import to_base64
from .. import clock
from .rates import Rates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...core.config import EndpointTuple
    from ...core.peer import Peer
    from ..interface import Interface

    # What happened, and details of it.
    Tell = Callable[[str, dict[str, Any]], None]

# Each takes half a kilobyte, and a look: a router has fewer.
MOST_WATCHED = 64
_LATELY = 60_000


class _Watched:
    __slots__ = ("endpoint", "handshake_at", "rates")

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.handshake_at = 0
        self.endpoint: EndpointTuple | None = None


class Watch:
    """Looks at the first MOST_WATCHED peers."""

    def __init__(self, interface: "Interface", tell: "Tell") -> None:
        self._interface = interface
        self._tell = tell
        self._up = False
        self._peers: dict[bytes, _Watched] = {}
        self._drops: dict[str, int] = {}
        self._dropped_at: dict[str, int] = {}

    def look(self) -> None:
        """See what is different."""
        now = clock.boottime()
        self._look_at_drops(now)
        if self._interface.up != self._up:
            self._up = self._interface.up
            self._tell("up" if self._up else "down", {})
        before, self._peers = self._peers, {}
        for peer in self._interface.device.peers:
            if len(self._peers) == MOST_WATCHED:
                break
            watched = before.get(peer.public_key)
            self._peers[peer.public_key] = self._look_at(peer, watched, now)

    def rates(self, public_key: bytes) -> Rates | None:
        """Those of a peer, None if it is not watched."""
        watched = self._peers.get(public_key)
        return watched.rates if watched else None

    def dropped_lately(self) -> "set[str]":
        """The reasons that something was dropped for in the last minute."""
        since = clock.boottime() - _LATELY
        return {reason for reason, at in self._dropped_at.items() if at > since}

    def _look_at(self, peer: "Peer", watched: "_Watched | None", now: int) -> _Watched:
        facts = self._interface.plane.facts(peer.id)
        endpoint = facts.endpoint.remote() if facts.endpoint else None
        key = to_base64(peer.public_key)
        if watched is None:
            watched = _Watched(Rates(now, facts.rx_bytes, facts.tx_bytes))
        elif endpoint and watched.endpoint and endpoint != watched.endpoint:
            text = format_endpoint(endpoint)
            self._tell("roam", {"public_key": key, "endpoint": text})
        if peer.last_handshake_at != watched.handshake_at:
            self._tell("handshake", {"public_key": key})
        watched.handshake_at = peer.last_handshake_at
        watched.endpoint = endpoint
        watched.rates.note(now, facts.rx_bytes, facts.tx_bytes)
        return watched

    def _look_at_drops(self, now: int) -> None:
        drops = self._interface.drops()
        for reason, count in drops.items():
            if count != self._drops.get(reason, 0):
                self._dropped_at[reason] = now
        self._drops = drops
