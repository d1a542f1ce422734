"""When to look endpoints' names up, and which of their addresses to try.

1. Nothing here waits, looks at a clock or asks a server: ``now`` is an argument,
   milliseconds; who asks, asks elsewhere, and tells what was found.
2. A peer that is heard is left where it is, whatever its name leads to by now.
3. A silent peer's name is looked up again, and again later and later. While packets
   to it stay unanswered, its addresses are tried in turn, IPv4 beside IPv6.
"""

from ..status.reachability import REPLY_TIMEOUT, Reachability

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...core.config import EndpointTuple

    Name = tuple[str, int]
    ReachabilityOf = Callable[[bytes], Reachability]

SHORTEST_DELAY = 1_000
LONGEST_DELAY = 120_000
# A lookup that takes longer no longer keeps the next known address from being tried.
LOOKUP_TIME = 5_000


class _Peer:
    """``candidates`` are the endpoints that the name led to when it last led to any.

    ``lookup_started_at`` is since when it is being looked up, ``endpoint_set_at`` when
    it was last sent elsewhere; 0 for not at all.
    """

    __slots__ = (
        "candidates",
        "configured_at",
        "delay",
        "endpoint_set_at",
        "lookup_started_at",
        "name",
        "next_lookup_at",
    )

    def __init__(self, name: "Name", now: int) -> None:
        self.name = name
        self.configured_at = now
        self.next_lookup_at = now
        self.delay = SHORTEST_DELAY
        self.lookup_started_at = 0
        self.endpoint_set_at = 0
        self.candidates: list[EndpointTuple] = []

    def is_settled(self, reachability: Reachability, now: int) -> bool:
        """Whether the peer is heard since it was given this name: rule 2."""
        tried = self.candidates or reachability.handshake_at > self.configured_at
        return bool(tried) and not reachability.is_unreachable(now)

    def is_due(self, reachability: Reachability, now: int) -> bool:
        """Whether to look the name up now."""
        if self.lookup_started_at:
            return False
        if self.is_settled(reachability, now):
            self.delay = SHORTEST_DELAY
            self.next_lookup_at = now
            return False
        return now >= self.next_lookup_at and self.has_timed_out(now)

    def may_try_next(self, reachability: Reachability, now: int) -> bool:
        """Whether to try the next address without waiting for a lookup."""
        asking = self.lookup_started_at and now - self.lookup_started_at < LOOKUP_TIME
        return reachability.unresponsive and self.has_timed_out(now) and not asking

    def has_timed_out(self, now: int) -> bool:
        """Whether an address that was tried last has had its time to answer."""
        return not self.endpoint_set_at or now - self.endpoint_set_at >= REPLY_TIMEOUT

    def next_endpoint(
        self, reachability: Reachability, now: int
    ) -> "EndpointTuple | None":
        """Where to speak to it instead, or None if it is the same place."""
        if not self.candidates:
            return None
        step = 0
        if reachability.endpoint in self.candidates:
            step = self.candidates.index(reachability.endpoint) + int(
                reachability.unresponsive
            )
        chosen = self.candidates[step % len(self.candidates)]
        if chosen == reachability.endpoint:
            return None
        self.endpoint_set_at = now
        return chosen


class LookupSchedule:
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

    def restart(self, public_keys: "Iterable[bytes]", now: int) -> None:
        """The names of these are as if they had just been given."""
        for public_key in public_keys:
            if public_key in self._peers:
                self._peers[public_key] = _Peer(self._peers[public_key].name, now)

    def network_changed(self, now: int) -> None:
        """The network has changed: what waits for its next lookup waits no more."""
        for peer in self._peers.values():
            peer.delay = SHORTEST_DELAY
            peer.next_lookup_at = min(peer.next_lookup_at, now + SHORTEST_DELAY)

    def take_due(
        self, now: int, reachability_of: "ReachabilityOf", room: int
    ) -> "list[tuple[bytes, Name]]":
        """Up to ``room`` names to look up now; ``found`` is to be told of each."""
        due: list[tuple[bytes, Name]] = []
        for public_key, peer in self._peers.items():
            if len(due) == room:
                break
            if peer.is_due(reachability_of(public_key), now):
                peer.lookup_started_at = now
                due.append((public_key, peer.name))
        return due

    def next_endpoints(
        self, now: int, reachability_of: "ReachabilityOf"
    ) -> "list[tuple[bytes, EndpointTuple]]":
        """Whom to speak to elsewhere, as far as addresses are known already."""
        moves = []
        for public_key, peer in self._peers.items():
            reachability = reachability_of(public_key)
            endpoint = (
                peer.next_endpoint(reachability, now)
                if peer.may_try_next(reachability, now)
                else None
            )
            if endpoint:
                moves.append((public_key, endpoint))
        return moves

    def handle_result(
        self,
        public_key: bytes,
        name: "Name",
        candidates: "list[EndpointTuple]",
        reachability: Reachability,
        now: int,
    ) -> "EndpointTuple | None":
        """A lookup ended, ``candidates`` empty if it failed; where to move the peer."""
        peer = self._peers.get(public_key)
        if peer is None or peer.name != name:
            return None  # configured otherwise meanwhile
        settled = peer.is_settled(reachability, now)
        peer.lookup_started_at = 0
        peer.next_lookup_at = now + peer.delay
        peer.delay = min(2 * peer.delay, LONGEST_DELAY)
        if candidates:
            peer.candidates = interleave_families(candidates)
        return (
            None
            if settled or not peer.has_timed_out(now)
            else peer.next_endpoint(reachability, now)
        )


def interleave_families(endpoints: "list[EndpointTuple]") -> "list[EndpointTuple]":
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
