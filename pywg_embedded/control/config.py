"""Plain configuration objects: what an interface shall be, and what it is.

``Change`` says what shall differ (UAPI ``set=1``, a wg(8) file, UCI); ``None`` means
"leave as it is" everywhere. ``Status`` says what there is now (UAPI ``get=1``).

Keys are ``bytes`` of 32; an all-zero key means "none". An address is ``bytes``, 4 for
IPv4 and 16 for IPv6. An endpoint is ``(address, port, scope)``, scope being the
interface index of a link-local IPv6 address, otherwise 0. An allowed IP is
``(address, cidr)`` with the host bits cleared.
"""

from ..core.errors import LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    EndpointTuple = tuple[bytes, int, int]
    AllowedIP = tuple[bytes, int]

ZERO_KEY = bytes(32)


class PeerChange:
    """What shall differ for the peer ``public_key``.

    ``allowed_ips`` maps ``(address, cidr)`` to True (add; taken from whichever peer
    has it now) or False (remove if this peer has it).
    """

    __slots__ = (
        "allowed_ips",
        "endpoint",
        "persistent_keepalive",
        "preshared_key",
        "public_key",
        "remove",
        "replace_allowed_ips",
        "update_only",
    )

    def __init__(self, public_key: bytes) -> None:
        self.public_key = public_key
        self.remove = False
        self.update_only = False
        self.preshared_key: bytes | None = None
        self.endpoint: EndpointTuple | None = None
        self.persistent_keepalive: int | None = None
        self.replace_allowed_ips = False
        self.allowed_ips: dict[AllowedIP, bool] = {}


class Change:
    """What shall differ for the interface; peers in the order given."""

    __slots__ = ("fwmark", "listen_port", "peers", "private_key", "replace_peers")

    def __init__(self) -> None:
        self.private_key: bytes | None = None
        self.listen_port: int | None = None
        self.fwmark: int | None = None
        self.replace_peers = False
        self.peers: list[PeerChange] = []


class PeerStatus:
    """One peer as it is. Counters are bytes; ``last_handshake`` is wall-clock
    ``(seconds, nanoseconds)``, ``(0, 0)`` for never."""

    __slots__ = (
        "allowed_ips",
        "endpoint",
        "last_handshake",
        "persistent_keepalive",
        "preshared_key",
        "public_key",
        "rx_bytes",
        "tx_bytes",
    )

    def __init__(self, public_key: bytes) -> None:
        self.public_key = public_key
        self.preshared_key = ZERO_KEY
        self.endpoint: EndpointTuple | None = None
        self.persistent_keepalive = 0
        self.allowed_ips: list[AllowedIP] = []
        self.last_handshake = (0, 0)
        self.rx_bytes = 0
        self.tx_bytes = 0


class Status:
    """One interface as it is; ``dataplane`` names what moves its packets, "" for
    what usually does."""

    __slots__ = ("dataplane", "fwmark", "listen_port", "peers", "private_key")

    def __init__(self) -> None:
        self.private_key = ZERO_KEY
        self.listen_port = 0
        self.fwmark = 0
        self.dataplane = ""
        self.peers: list[PeerStatus] = []


def diff(status: Status, change: Change) -> Change:
    """Only what ``change`` really alters in ``status``; see ``Plan.difference``."""
    return Plan(status, change).difference()


_INTERFACE_VALUES = ("private_key", "listen_port", "fwmark")
_PEER_VALUES = ("preshared_key", "endpoint", "persistent_keepalive")


class _PlannedPeer:
    """A peer as it will be; ``old`` is the one whose session it continues."""

    __slots__ = ("allowed_ips", "old") + _PEER_VALUES

    def __init__(self, old: PeerStatus | None) -> None:
        self.old = old
        self.preshared_key = ZERO_KEY
        # None: as the old one has it.
        self.endpoint: EndpointTuple | None = None
        self.persistent_keepalive = 0
        self.allowed_ips: set[AllowedIP] = set()


class Plan:
    """What ``change`` makes of ``status``, known before anything is touched.

    A peer that ``replace_peers`` drops and a later section names again goes on: it
    keeps its session and its endpoint, all else starts from the defaults.
    """

    def __init__(self, status: Status, change: Change) -> None:
        self._status = status
        self._change = change
        self._old = {peer.public_key: peer for peer in status.peers}
        self._peers: dict[bytes, _PlannedPeer] = {}
        self._owners: dict[AllowedIP, _PlannedPeer] = {}
        if not change.replace_peers:
            for old in status.peers:
                self._keep(old)
        for section in change.peers:
            self._apply(section)

    def check_limits(self, max_peers: int, max_allowed_ips: int) -> None:
        """Raise LimitError if the outcome has more than these tables hold."""
        _check_limit(len(self._peers), max_peers, "peers", "--max-peers")
        _check_limit(
            len(self._owners), max_allowed_ips, "allowed IPs", "--max-allowed-ips"
        )

    def difference(self) -> Change:
        """A change to the same end without a step that alters nothing.

        It replaces nothing wholesale. What frees room comes first, so that full
        tables suffice; one peer may so have two sections. An allowed IP that moves
        is only added: it is never without an owner.
        """
        difference = Change()
        _set_differing(difference, _INTERFACE_VALUES, self._status, self._change)
        for old in self._status.peers:
            difference.peers.extend(self._losses(old))
        for public_key in self._public_keys():
            difference.peers.extend(self._gains(public_key))
        return difference

    def _keep(self, old: PeerStatus) -> None:
        peer = self._peers[old.public_key] = _PlannedPeer(old)
        peer.preshared_key = old.preshared_key
        peer.persistent_keepalive = old.persistent_keepalive
        peer.allowed_ips.update(old.allowed_ips)
        for allowed_ip in old.allowed_ips:
            self._owners[allowed_ip] = peer

    def _apply(self, section: PeerChange) -> None:
        public_key = section.public_key
        if section.remove:
            self._remove(public_key)
            return
        if public_key not in self._peers:
            if section.update_only:
                return
            self._peers[public_key] = _PlannedPeer(self._old.get(public_key))
        peer = self._peers[public_key]
        _set_differing(peer, _PEER_VALUES, peer, section)
        if section.replace_allowed_ips:
            self._release_all(peer)
        for allowed_ip, add in section.allowed_ips.items():
            self._release(allowed_ip, None if add else peer)
            if add:
                peer.allowed_ips.add(allowed_ip)
                self._owners[allowed_ip] = peer

    def _remove(self, public_key: bytes) -> None:
        self._old.pop(public_key, None)
        peer = self._peers.pop(public_key, None)
        if peer:
            self._release_all(peer)

    def _release_all(self, peer: _PlannedPeer) -> None:
        for allowed_ip in peer.allowed_ips:
            del self._owners[allowed_ip]
        peer.allowed_ips.clear()

    def _release(self, allowed_ip: "AllowedIP", peer: _PlannedPeer | None) -> None:
        """Take it from ``peer``, or from whichever peer has it if that is None."""
        owner = self._owners.get(allowed_ip)
        if owner and (peer is None or peer is owner):
            owner.allowed_ips.discard(allowed_ip)
            del self._owners[allowed_ip]

    def _public_keys(self) -> "Iterator[bytes]":
        """Each planned peer once: those that are there, then the new in order."""
        seen = set()
        for source in (self._status.peers, self._change.peers):
            for peer in source:
                if peer.public_key not in seen and peer.public_key in self._peers:
                    yield peer.public_key
                seen.add(peer.public_key)

    def _losses(self, old: PeerStatus) -> "Iterator[PeerChange]":
        section = PeerChange(old.public_key)
        peer = self._peers.get(old.public_key)
        section.remove = peer is None or peer.old is None
        if not section.remove:
            for allowed_ip in old.allowed_ips:
                if allowed_ip not in self._owners:
                    section.allowed_ips[allowed_ip] = False
        if section.remove or section.allowed_ips:
            yield section

    def _gains(self, public_key: bytes) -> "Iterator[PeerChange]":
        section = PeerChange(public_key)
        peer = self._peers[public_key]
        before = peer.old or PeerStatus(public_key)
        differs = _set_differing(section, _PEER_VALUES, before, peer)
        for allowed_ip in peer.allowed_ips.difference(before.allowed_ips):
            section.allowed_ips[allowed_ip] = True
        if differs or section.allowed_ips or not peer.old:
            yield section


def _set_differing(
    target: object, names: "tuple[str, ...]", before: object, after: object
) -> bool:
    """Set on ``target`` what ``after`` gives and ``before`` has otherwise."""
    differs = False
    for name in names:
        value = getattr(after, name)
        if value is not None and value != getattr(before, name):
            setattr(target, name, value)
            differs = True
    return differs


def _check_limit(count: int, maximum: int, things: str, option: str) -> None:
    if count > maximum:
        raise LimitError(
            f"{count} {things} are more than the limit of {maximum}: "
            f"raise it with {option} {count}"
        )
