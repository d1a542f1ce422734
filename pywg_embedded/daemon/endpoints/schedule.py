"""When to look endpoints' names up, and which of their addresses to try.

1. Nothing here waits, looks at a clock or asks a server: ``now`` is an argument,
   milliseconds; who asks, asks elsewhere, and tells what was found.
2. A peer that is heard is left where it is, whatever its name leads to by now.
3. A silent peer's name is looked up again, and again later and later. While packets
   to it stay unanswered, its addresses are tried in turn, IPv4 beside IPv6.
"""

from ..status.reachability import ANSWER_TIME, Hearing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...core.config import EndpointTuple

    Name = tuple[str, int]
    HearingOf = Callable[[bytes], Hearing]

SHORTEST_DELAY = 1_000
LONGEST_DELAY = 120_000
# A lookup that takes longer no longer keeps the next known address from being tried.
LOOKUP_TIME = 5_000


class _Peer:
    """``candidates`` are the endpoints that the name led to when it last led to any.

    ``asked_at`` is since when it is being looked up, ``moved_at`` when it was last
    sent elsewhere; 0 for not at all.
    """

    __slots__ = (
        "asked_at",
        "candidates",
        "delay",
        "given_at",
        "look_up_at",
        "moved_at",
        "name",
    )

    def __init__(self, name: "Name", now: int) -> None:
        self.name = name
        self.given_at = now
        self.look_up_at = now
        self.delay = SHORTEST_DELAY
        self.asked_at = 0
        self.moved_at = 0
        self.candidates: list[EndpointTuple] = []

    def is_content(self, hearing: Hearing, now: int) -> bool:
        """Whether the peer is heard since it was given this name: rule 2."""
        tried = self.candidates or hearing.handshake_at > self.given_at
        return bool(tried) and not hearing.is_silent(now)

    def is_due(self, hearing: Hearing, now: int) -> bool:
        """Whether to look the name up now."""
        if self.asked_at:
            return False
        if self.is_content(hearing, now):
            self.delay = SHORTEST_DELAY
            self.look_up_at = now
            return False
        return now >= self.look_up_at and self.has_waited(now)

    def may_move(self, hearing: Hearing, now: int) -> bool:
        """Whether to try the next address without waiting for a lookup."""
        asking = self.asked_at and now - self.asked_at < LOOKUP_TIME
        return hearing.in_vain and self.has_waited(now) and not asking

    def has_waited(self, now: int) -> bool:
        """Whether an address that was tried last has had its time to answer."""
        return not self.moved_at or now - self.moved_at >= ANSWER_TIME

    def move(self, hearing: Hearing, now: int) -> "EndpointTuple | None":
        """Where to speak to it instead, or None if it is the same place."""
        if not self.candidates:
            return None
        step = 0
        if hearing.endpoint in self.candidates:
            step = self.candidates.index(hearing.endpoint) + int(hearing.in_vain)
        chosen = self.candidates[step % len(self.candidates)]
        if chosen == hearing.endpoint:
            return None
        self.moved_at = now
        return chosen


class Resolver:
    """The names of an interface's endpoints, by public key."""

    def __init__(self) -> None:
        self._peers: dict[bytes, _Peer] = {}

    def set_names(self, names: "dict[bytes, Name]", now: int) -> None:
        """These are all; one that was there before goes on as it is."""
        before = self._peers
        self._peers = {}
        for public_key, name in names.items():
            peer = before.get(public_key)
            if peer is None or peer.name != name:
                peer = _Peer(name, now)
            self._peers[public_key] = peer

    def forget(self, public_keys: "Iterable[bytes]", now: int) -> None:
        """The names of these are as if they had just been given."""
        for public_key in public_keys:
            if public_key in self._peers:
                self._peers[public_key] = _Peer(self._peers[public_key].name, now)

    def hurry(self, now: int) -> None:
        """The network has changed: what waits for its next lookup waits no more."""
        for peer in self._peers.values():
            peer.delay = SHORTEST_DELAY
            peer.look_up_at = min(peer.look_up_at, now + SHORTEST_DELAY)

    def due(
        self, now: int, hearing_of: "HearingOf", room: int
    ) -> "list[tuple[bytes, Name]]":
        """Up to ``room`` names to look up now; ``found`` is to be told of each."""
        due: list[tuple[bytes, Name]] = []
        for public_key, peer in self._peers.items():
            if len(due) == room:
                break
            if peer.is_due(hearing_of(public_key), now):
                peer.asked_at = now
                due.append((public_key, peer.name))
        return due

    def moves(
        self, now: int, hearing_of: "HearingOf"
    ) -> "list[tuple[bytes, EndpointTuple]]":
        """Whom to speak to elsewhere, as far as addresses are known already."""
        moves = []
        for public_key, peer in self._peers.items():
            hearing = hearing_of(public_key)
            endpoint = peer.move(hearing, now) if peer.may_move(hearing, now) else None
            if endpoint:
                moves.append((public_key, endpoint))
        return moves

    def found(
        self,
        public_key: bytes,
        name: "Name",
        candidates: "list[EndpointTuple]",
        hearing: Hearing,
        now: int,
    ) -> "EndpointTuple | None":
        """A lookup ended, ``candidates`` empty if it failed; where to move the peer."""
        peer = self._peers.get(public_key)
        if peer is None or peer.name != name:
            return None  # configured otherwise meanwhile
        content = peer.is_content(hearing, now)
        peer.asked_at = 0
        peer.look_up_at = now + peer.delay
        peer.delay = min(2 * peer.delay, LONGEST_DELAY)
        if candidates:
            peer.candidates = in_turn(candidates)
        return None if content or not peer.has_waited(now) else peer.move(hearing, now)


def in_turn(endpoints: "list[EndpointTuple]") -> "list[EndpointTuple]":
    """Each once, in the same order, but the two families alternate."""
    # A host with two lines in /etc/hosts is found twice.
    each = [one for at, one in enumerate(endpoints) if one not in endpoints[:at]]
    size = len(each[0][0])
    first = [endpoint for endpoint in each if len(endpoint[0]) == size]
    other = [endpoint for endpoint in each if len(endpoint[0]) != size]
    alternating = []
    for index in range(len(each)):
        alternating += first[index : index + 1] + other[index : index + 1]
    return alternating
