"""When to look up the host names of endpoints, and which address to try next.

1. Nothing here waits, reads a clock or sends a query: ``now`` is an argument, in
   milliseconds; the caller runs the lookups and passes their results.
2. A reachable peer keeps its endpoint, whatever its name resolves to.
3. The name of an unreachable peer is looked up again, at increasing intervals. While
   it does not answer, its addresses are tried in turn, IPv4 and IPv6 alternately.
4. The name whose last lookup is longest ago comes first. Names whose last lookup
   failed leave room for one lookup of another name: each occupies a thread for half a
   minute if its name server is dead.
"""

from ..status.reachability import REPLY_TIMEOUT, Reachability
from .lookups import MAX_LOOKUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...core.config import EndpointTuple

    Name = tuple[str, int]
    ReachabilityOf = Callable[[bytes], Reachability]

MIN_DELAY = 1_000
MAX_DELAY = 120_000
# After this time, the next known address is tried without the result of the lookup.
LOOKUP_TIMEOUT = 5_000
# How many lookups of failing names run at the same time (rule 4).
MAX_FAILING_LOOKUPS = MAX_LOOKUPS - 1


class _Peer:
    """The lookups of one peer; times are in milliseconds, 0 for never.

    ``candidates`` are the endpoints of the last successful lookup; ``failing`` tells
    whether the last lookup failed; ``last_lookup`` is its number, 0 for none.
    """

    __slots__ = (
        "candidates",
        "configured_at",
        "delay",
        "endpoint_set_at",
        "failing",
        "last_lookup",
        "lookup_started_at",
        "name",
        "next_lookup_at",
    )

    def __init__(self, name: "Name", now: int) -> None:
        self.name = name
        self.configured_at = now
        self.next_lookup_at = now
        self.delay = MIN_DELAY
        self.lookup_started_at = 0
        self.endpoint_set_at = 0
        self.failing = False
        self.last_lookup = 0
        self.candidates: list[EndpointTuple] = []

    def is_settled(self, reachability: Reachability, now: int) -> bool:
        """Return whether the peer is reachable under its present name (rule 2)."""
        tried = self.candidates or reachability.handshake_at > self.configured_at
        return bool(tried) and not reachability.is_unreachable(now)

    def is_due(self, reachability: Reachability, now: int) -> bool:
        """Return whether to look up the name now."""
        if self.lookup_started_at:
            return False
        if self.is_settled(reachability, now):
            self.delay = MIN_DELAY
            self.next_lookup_at = now
            return False
        return now >= self.next_lookup_at and self.has_timed_out(now)

    def may_try_next(self, reachability: Reachability, now: int) -> bool:
        """Return whether to try the next candidate without waiting for a lookup."""
        if not reachability.unresponsive or not self.has_timed_out(now):
            return False
        started_at = self.lookup_started_at
        return not started_at or now - started_at >= LOOKUP_TIMEOUT

    def has_timed_out(self, now: int) -> bool:
        """Return whether the endpoint that was set last had its time to answer."""
        return not self.endpoint_set_at or now - self.endpoint_set_at >= REPLY_TIMEOUT

    def next_endpoint(
        self, reachability: Reachability, now: int
    ) -> "EndpointTuple | None":
        """Return the candidate to use from now on, None to keep the endpoint."""
        if not self.candidates:
            return None
        index = 0
        if reachability.endpoint in self.candidates:
            index = self.candidates.index(reachability.endpoint)
            index += int(reachability.unresponsive)
        endpoint = self.candidates[index % len(self.candidates)]
        if endpoint == reachability.endpoint:
            return None
        self.endpoint_set_at = now
        return endpoint


class LookupSchedule:
    """The lookups of an interface's peers, by public key."""

    def __init__(self) -> None:
        self._peers: dict[bytes, _Peer] = {}
        self._lookup_count = 0

    def set_names(self, names: "dict[bytes, Name]", now: int) -> None:
        """Replace all names; a name that is unchanged keeps its state."""
        before = self._peers
        self._peers = {}
        for public_key, name in names.items():
            peer = before.get(public_key)
            if peer is None or peer.name != name:
                peer = _Peer(name, now)
            self._peers[public_key] = peer

    def restart(self, public_keys: "Iterable[bytes]", now: int) -> None:
        """Look up the names of these peers as if they were new."""
        for public_key in public_keys:
            if public_key in self._peers:
                self._peers[public_key] = _Peer(self._peers[public_key].name, now)

    def network_changed(self, now: int) -> None:
        """Look up waiting names soon: a route or an address has changed."""
        for peer in self._peers.values():
            peer.delay = MIN_DELAY
            peer.next_lookup_at = min(peer.next_lookup_at, now + MIN_DELAY)

    def take_due(
        self, now: int, reachability_of: "ReachabilityOf", capacity: int
    ) -> "list[tuple[bytes, Name]]":
        """Return up to ``capacity`` names to look up now, the least recent first.

        The result of each must be passed to ``handle_result``.
        """
        waiting: list[tuple[int, bytes]] = []
        failing = 0
        for public_key, peer in self._peers.items():
            if peer.is_due(reachability_of(public_key), now):
                waiting.append((peer.last_lookup, public_key))
            failing += bool(peer.lookup_started_at) and peer.failing
        due: list[tuple[bytes, Name]] = []
        for _, public_key in sorted(waiting, key=lambda entry: entry[0]):
            peer = self._peers[public_key]
            if len(due) == capacity:
                break
            if peer.failing and failing >= MAX_FAILING_LOOKUPS:
                continue
            failing += peer.failing
            self._lookup_count += 1
            peer.last_lookup = self._lookup_count
            peer.lookup_started_at = now
            due.append((public_key, peer.name))
        return due

    def next_endpoints(
        self, now: int, reachability_of: "ReachabilityOf"
    ) -> "list[tuple[bytes, EndpointTuple]]":
        """Return new endpoints for peers that do not answer, of known candidates."""
        endpoints = []
        for public_key, peer in self._peers.items():
            reachability = reachability_of(public_key)
            if peer.may_try_next(reachability, now):
                endpoint = peer.next_endpoint(reachability, now)
                if endpoint:
                    endpoints.append((public_key, endpoint))
        return endpoints

    def handle_result(
        self,
        public_key: bytes,
        name: "Name",
        candidates: "list[EndpointTuple]",
        reachability: Reachability,
        now: int,
    ) -> "EndpointTuple | None":
        """Take the result of a lookup and return the peer's new endpoint, or None.

        ``candidates`` is empty if the lookup failed.
        """
        peer = self._peers.get(public_key)
        if peer is None or peer.name != name:
            return None  # reconfigured meanwhile
        settled = peer.is_settled(reachability, now)
        peer.lookup_started_at = 0
        peer.next_lookup_at = now + peer.delay
        peer.delay = min(2 * peer.delay, MAX_DELAY)
        peer.failing = not candidates
        if candidates:
            peer.candidates = interleave_families(candidates)
        if settled or not peer.has_timed_out(now):
            return None
        return peer.next_endpoint(reachability, now)


def interleave_families(endpoints: "list[EndpointTuple]") -> "list[EndpointTuple]":
    """Return the endpoints without duplicates, IPv4 and IPv6 alternately.

    The order within a family is kept, and the family of the first endpoint begins.
    """
    # A host with two lines in /etc/hosts is found twice.
    unique = [e for index, e in enumerate(endpoints) if e not in endpoints[:index]]
    size = len(unique[0][0])
    first_family = [endpoint for endpoint in unique if len(endpoint[0]) == size]
    second_family = [endpoint for endpoint in unique if len(endpoint[0]) != size]
    interleaved = []
    for index in range(len(unique)):
        interleaved += first_family[index : index + 1]
        interleaved += second_family[index : index + 1]
    return interleaved
