"""The peer monitor: compares the peers with their last state each second.

It emits events and keeps the byte rates of peers.
"""

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

    # Takes the name of an event and its values.
    Emit = Callable[[str, dict[str, Any]], None]

# A monitored peer takes half a kilobyte, and time each second.
MAX_PEERS = 64
# Milliseconds for which a drop counts as recent.
_RECENT = 60_000


class _MonitoredPeer:
    __slots__ = ("endpoint", "handshake_at", "rates")

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.handshake_at = 0
        self.endpoint: EndpointTuple | None = None


class PeerMonitor:
    """Monitors the first ``MAX_PEERS`` peers, and the drops of the interface.

    Events are ``up``, ``down``, ``handshake`` and ``roam``.
    """

    def __init__(self, interface: "Interface", emit: "Emit") -> None:
        self._interface = interface
        self._emit = emit
        self._up = False
        self._peers: dict[bytes, _MonitoredPeer] = {}
        self._drops: dict[str, int] = {}
        self._dropped_at: dict[str, int] = {}

    def tick(self) -> None:
        """Compare, emit events and sample rates; to be called about once a second."""
        now = clock.boottime()
        self._update_drops(now)
        if self._interface.up != self._up:
            self._up = self._interface.up
            self._emit("up" if self._up else "down", {})
        before, self._peers = self._peers, {}
        for peer in self._interface.device.peers:
            if len(self._peers) == MAX_PEERS:
                break
            monitored = before.get(peer.public_key)
            self._peers[peer.public_key] = self._update(peer, monitored, now)

    def rates(self, public_key: bytes) -> Rates | None:
        """Return the rates of a peer, None if the peer is not monitored."""
        monitored = self._peers.get(public_key)
        return monitored.rates if monitored else None

    def recent_drops(self) -> "set[str]":
        """Return the drop reasons of the last minute."""
        since = clock.boottime() - _RECENT
        return {reason for reason, at in self._dropped_at.items() if at > since}

    def _update(
        self, peer: "Peer", monitored: "_MonitoredPeer | None", now: int
    ) -> _MonitoredPeer:
        facts = self._interface.plane.facts(peer.id)
        endpoint = facts.endpoint.remote() if facts.endpoint else None
        key = to_base64(peer.public_key)
        if monitored is None:
            monitored = _MonitoredPeer(Rates(now, facts.rx_bytes, facts.tx_bytes))
        elif endpoint and monitored.endpoint and endpoint != monitored.endpoint:
            text = format_endpoint(endpoint)
            self._emit("roam", {"public_key": key, "endpoint": text})
        if peer.last_handshake_at != monitored.handshake_at:
            self._emit("handshake", {"public_key": key})
        monitored.handshake_at = peer.last_handshake_at
        monitored.endpoint = endpoint
        monitored.rates.sample(now, facts.rx_bytes, facts.tx_bytes)
        return monitored

    def _update_drops(self, now: int) -> None:
        drops = self._interface.drops()
        for reason, count in drops.items():
            if count != self._drops.get(reason, 0):
                self._dropped_at[reason] = now
        self._drops = drops
