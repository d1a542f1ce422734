"""Peers and allowed IPs that the tables of an interface have no room for."""

from ..control.address import format_allowed_ip
from ..control.keys import to_base64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..control.diff import Surplus
    from ..core.config import AllowedIP, InterfaceChange
    from ..dataplane.limits import Limits

# Peers, and allowed IPs of a peer, that messages name; the rest is counted.
NAMED_PEERS, _NAMED_ALLOWED_IPS = 16, 3


class LeftOut:
    """What the last changes of an interface named beyond its tables.

    ``peers`` are public keys, the latest last; ``allowed_ips`` are numbers of allowed
    IPs by public key. A later change that names a peer replaces what is recorded of it.
    """

    def __init__(self, limits: "Limits") -> None:
        self._limits = limits
        self.peers: list[bytes] = []
        self.allowed_ips: dict[bytes, int] = {}

    def record(self, change: "InterfaceChange", surplus: "Surplus") -> None:
        """Record the surplus of a change."""
        if change.replace_peers:
            self.peers = []
            self.allowed_ips = {}
        named = {peer.public_key for peer in change.peers}
        peers = [public_key for public_key in self.peers if public_key not in named]
        # As many as the table holds, however many requests name.
        self.peers = (peers + surplus.peers)[-self._limits.peers :]
        for public_key in named:
            self.allowed_ips.pop(public_key, None)
        for public_key, allowed_ips in surplus.allowed_ips.items():
            self.allowed_ips[public_key] = len(allowed_ips)

    def messages(self, ignored: "Collection[bytes]" = ()) -> "Iterator[str]":
        """Yield a message for each peer, without those with these public keys."""
        limits = self._limits
        for public_key in self.peers:
            if public_key not in ignored:
                peer = f"peer {to_base64(public_key)}"
                limit = f"(limit {limits.peers}); {limits.peers_remedy}"
                yield f"{peer} left out: too many peers {limit}"
        for public_key, count in self.allowed_ips.items():
            if public_key not in ignored:
                peer = f"peer {to_base64(public_key)}"
                limit = f"(limit {limits.allowed_ips}); {limits.allowed_ips_remedy}"
                yield f"{peer}: {count} allowed IPs left out: too many {limit}"


def reasons(surplus: "Surplus", limits: "Limits") -> tuple[str, str]:
    """Return why peers, and why allowed IPs, are left out, and what to do."""
    peers, allowed_ips = surplus.counts
    return (
        f"too many peers: {peers} (limit {limits.peers}); {limits.peers_remedy}",
        f"too many allowed IPs: {allowed_ips} (limit {limits.allowed_ips}); "
        f"{limits.allowed_ips_remedy}",
    )


def describe(
    change: "InterfaceChange", surplus: "Surplus", limits: "Limits"
) -> "Iterator[str]":
    """Yield the log messages about what a change leaves out."""
    too_many_peers, too_many_allowed_ips = reasons(surplus, limits)
    for public_key in surplus.peers[:NAMED_PEERS]:
        yield f"peer {to_base64(public_key)} left out: {too_many_peers}"
    more = len(surplus.peers) - NAMED_PEERS
    if more > 0:
        yield f"{more} more peers left out: {too_many_peers}"
    for public_key, allowed_ips in surplus.allowed_ips.items():
        listed = list_allowed_ips(allowed_ips)
        peer = f"peer {to_base64(public_key)}"
        yield f"{peer}: allowed IPs left out: {listed}: {too_many_allowed_ips}"
    if change.peers_omitted or change.allowed_ips_omitted:
        yield (
            f"{change.peers_omitted} more peers and {change.allowed_ips_omitted} more "
            "allowed IPs of the request were not read: it has more than twice what "
            "the tables hold"
        )


def list_allowed_ips(allowed_ips: "list[AllowedIP]") -> str:
    """Return the first allowed IPs as text, and how many more there are."""
    text = ", ".join(map(format_allowed_ip, allowed_ips[:_NAMED_ALLOWED_IPS]))
    more = len(allowed_ips) - _NAMED_ALLOWED_IPS
    return f"{text} and {more} more" if more > 0 else text
