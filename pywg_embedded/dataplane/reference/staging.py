"""Staged packets: a limited number per peer, and of all peers together."""

from collections import deque

from ..limits import Limits


class Staging:
    """A queue per peer in a common store; a full queue drops its oldest packet."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._packets: deque[tuple[int, bytes]] = deque()
        self._counts: dict[int, int] = {}

    def count(self, peer_id: int) -> int:
        """Return the number of staged packets of a peer."""
        return self._counts.get(peer_id, 0)

    def put(self, peer_id: int, packet: bytes) -> bool:
        """Stage a packet; return False if an older packet was dropped for it."""
        room = True
        if self.count(peer_id) >= self._limits.staged_a_peer:
            self._drop(
                next(n for n, (p, _) in enumerate(self._packets) if p == peer_id)
            )
            room = False
        elif len(self._packets) >= self._limits.staged:
            self._drop(0)
            room = False
        self._packets.append((peer_id, packet))
        self._counts[peer_id] = self.count(peer_id) + 1
        return room

    def take(self, peer_id: int) -> list[bytes]:
        """Remove and return all packets of a peer, oldest first."""
        if not self._counts.pop(peer_id, 0):
            return []
        taken = [packet for owner, packet in self._packets if owner == peer_id]
        self._packets = deque(item for item in self._packets if item[0] != peer_id)
        return taken

    def _drop(self, position: int) -> None:
        peer_id = self._packets[position][0]
        del self._packets[position]
        self._counts[peer_id] -= 1
