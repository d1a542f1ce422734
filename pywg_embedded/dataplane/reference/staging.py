"""Packets that wait for a session: bounded for all peers together and for each."""

from collections import deque

from ..limits import Limits


class Staging:
    """A queue a peer out of one common store; the oldest packet makes room."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._packets: deque[tuple[int, bytes]] = deque()
        self._counts: dict[int, int] = {}

    def count(self, peer_id: int) -> int:
        return self._counts.get(peer_id, 0)

    def put(self, peer_id: int, packet: bytes) -> bool:
        """Keep a packet; False if an older one had to go for it."""
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
        """All packets of a peer, oldest first; they are no longer staged."""
        if not self._counts.pop(peer_id, 0):
            return []
        taken = [packet for owner, packet in self._packets if owner == peer_id]
        self._packets = deque(item for item in self._packets if item[0] != peer_id)
        return taken

    def _drop(self, position: int) -> None:
        peer_id = self._packets[position][0]
        del self._packets[position]
        self._counts[peer_id] -= 1
