"""The configuration diff: the outcome of a change, computed before it is applied.

Its cost depends on the change, not on the number of peers and allowed IPs of the
interface: only the peers and allowed IPs that the change names are read.
"""

from ..core.config import (
    ZERO_KEY,
    InterfaceChange,
    InterfaceStatus,
    PeerChange,
    PeerStatus,
    same_private_key,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Protocol

    from ..core.config import AllowedIP, EndpointTuple
    from ..core.crypto import Bytes

    AllowedIPChanges = dict[bytes, dict[AllowedIP, bool]]

    class RunningConfig(Protocol):
        """The running configuration of an interface."""

        def interface_values(self) -> InterfaceStatus:
            """Return the status of the interface; its peers may be missing."""

        def has_peer(self, public_key: bytes) -> bool:
            """Return whether there is a peer with this public key."""

        def peer(self, public_key: bytes) -> PeerStatus | None:
            """Return a peer, or None; allowed IPs and counters may be missing."""

        def public_keys(self) -> Iterable[bytes]:
            """Return the public keys of all peers."""

        def allowed_ips(self, public_key: bytes) -> Iterable[AllowedIP]:
            """Return the allowed IPs of a peer."""

        def allowed_ip_owners(
            self, allowed_ips: Collection[AllowedIP]
        ) -> list[bytes | None]:
            """Return the public key of the peer of each allowed IP, or None."""

        def counts(self) -> tuple[int, int]:
            """Return the number of peers, and of all their allowed IPs."""


class Surplus:
    """What a change names that the tables have no room for.

    ``peers`` are public keys, ``allowed_ips`` are lists by public key; ``counts`` are
    the sizes of both tables that would hold everything.
    """

    def __init__(self, counts: tuple[int, int]) -> None:
        self.peers: list[bytes] = []
        self.allowed_ips: dict[bytes, list[AllowedIP]] = {}
        self.counts = counts

    def __bool__(self) -> bool:
        return bool(self.peers or self.allowed_ips)


def fit(
    running: "RunningConfig",
    change: InterfaceChange,
    own_key: bytes | None,
    max_peers: int,
    max_allowed_ips: int,
) -> "tuple[ConfigDiff, Surplus]":
    """Return the outcome of a change within the sizes of the tables, and the surplus.

    Peers and allowed IPs that are there already stay; of the new ones the last are left
    out.
    """
    outcome = ConfigDiff(running, change, (own_key,))
    surplus = Surplus(outcome.counts())
    excess = surplus.counts[0] - max_peers
    if excess > 0:
        new = outcome.new_peers()
        surplus.peers = new[max(0, len(new) - excess) :]
        outcome = ConfigDiff(running, change, {own_key}.union(surplus.peers))
    excess = outcome.counts()[1] - max_allowed_ips
    if excess > 0:
        surplus.allowed_ips = outcome.leave_out_allowed_ips(excess)
    return outcome, surplus


def diff(status: InterfaceStatus, change: InterfaceChange) -> InterfaceChange:
    """Return what a change alters in a status; see ``ConfigDiff.difference``."""
    return ConfigDiff(StatusSnapshot(status), change).difference()


_INTERFACE_VALUES = ("private_key", "listen_port", "fwmark")
_PEER_VALUES = ("preshared_key", "endpoint", "persistent_keepalive")


class StatusSnapshot:
    """An InterfaceStatus as the running configuration."""

    def __init__(self, status: InterfaceStatus) -> None:
        self._status = status
        self._peers = {peer.public_key: peer for peer in status.peers}
        self._owners: dict[AllowedIP, bytes] = {}
        for peer in status.peers:
            for allowed_ip in peer.allowed_ips:
                self._owners[allowed_ip] = peer.public_key

    def interface_values(self) -> InterfaceStatus:
        """Return the status of the interface, with its peers."""
        return self._status

    def has_peer(self, public_key: bytes) -> bool:
        """Return whether there is a peer with this public key."""
        return public_key in self._peers

    def peer(self, public_key: bytes) -> PeerStatus | None:
        """Return the status of a peer, or None."""
        return self._peers.get(public_key)

    def public_keys(self) -> "Iterable[bytes]":
        """Return the public keys of all peers, in their order."""
        return [peer.public_key for peer in self._status.peers]

    def allowed_ips(self, public_key: bytes) -> "Iterable[AllowedIP]":
        """Return the allowed IPs of a peer."""
        return self._peers[public_key].allowed_ips

    def allowed_ip_owners(
        self, allowed_ips: "Collection[AllowedIP]"
    ) -> "list[bytes | None]":
        """Return the public key of the peer of each allowed IP, or None."""
        return [self._owners.get(allowed_ip) for allowed_ip in allowed_ips]

    def counts(self) -> tuple[int, int]:
        """Return the number of peers, and of all their allowed IPs."""
        return len(self._peers), len(self._owners)


class _ResultingPeer:
    """A peer of the outcome; ``old`` is the running peer whose session it continues.

    ``assigned`` are the allowed IPs that the change assigned to it, and may since have
    moved to another peer.
    """

    __slots__ = ("assigned", "old") + _PEER_VALUES

    def __init__(self, old: PeerStatus | None) -> None:
        self.old = old
        self.preshared_key: Bytes = ZERO_KEY
        # None: the endpoint of the running peer.
        self.endpoint: EndpointTuple | None = None
        self.persistent_keepalive = 0
        self.assigned: list[dict[AllowedIP, bool]] = []

    def copy_old_values(self) -> None:
        """Copy the values of the running peer."""
        if self.old is not None:
            self.preshared_key = self.old.preshared_key
            self.persistent_keepalive = self.old.persistent_keepalive


class ConfigDiff:
    """The outcome of a change for every peer and allowed IP that it affects.

    A peer that ``replace_peers`` removes and a later peer change names again keeps its
    session and its endpoint; its other values return to their defaults. Changes of the
    peers ``ignored`` have no effect: the interface itself, so that all members of a
    mesh can share a file, and peers that there is no room for.
    """

    def __init__(
        self,
        running: "RunningConfig",
        change: InterfaceChange,
        ignored: "Collection[bytes | None]" = (),
    ) -> None:
        self._running = running
        self._change = change
        self._peers: dict[bytes, _ResultingPeer | None] = {}
        # The public keys in the order of the change; MicroPython's dict is unordered.
        self._order: list[bytes] = []
        self._owners: dict[AllowedIP, bytes | None] = {}
        # Removed explicitly: a later peer with this key gets a new session.
        self._removed: set[bytes] = set()
        if change.replace_peers:
            for public_key in running.public_keys():
                self._release_all(public_key)
                self._set_peer(public_key, None)
        for section in change.peers:
            if section.public_key not in ignored:
                self._apply(section)
        # In the order of _owners.
        self._owners_before = running.allowed_ip_owners(self._owners)

    def counts(self) -> tuple[int, int]:
        """Return the number of peers, and of allowed IPs of all peers, afterwards."""
        peers, allowed_ips = self._running.counts()
        peers += sum(peer is not None for peer in self._peers.values())
        peers -= sum(self._running.has_peer(public_key) for public_key in self._peers)
        allowed_ips += sum(owner is not None for owner in self._owners.values())
        allowed_ips -= sum(owner is not None for owner in self._owners_before)
        return peers, allowed_ips

    def new_peers(self) -> "list[bytes]":
        """Return the public keys of the peers that are added, in their order."""
        return [
            public_key
            for public_key in self._order
            if self._peers[public_key] and not self._running.has_peer(public_key)
        ]

    def leave_out_allowed_ips(self, count: int) -> "dict[bytes, list[AllowedIP]]":
        """Leave out the last ``count`` new allowed IPs; return them by public key."""
        new = [
            (allowed_ip, owner)
            for (allowed_ip, owner), before in zip(
                self._owners.items(), self._owners_before
            )
            if owner is not None and before is None
        ]
        left_out: dict[bytes, list[AllowedIP]] = {}
        for allowed_ip, owner in new[max(0, len(new) - count) :]:
            left_out.setdefault(owner, []).append(allowed_ip)
            self._owners[allowed_ip] = None
        return left_out

    def difference(self) -> InterfaceChange:
        """Return the smallest change with the same outcome.

        It has no ``replace_peers`` and ``replace_allowed_ips``. Removals come first, so
        that full tables suffice; a peer may therefore have two peer changes. An allowed
        IP that moves to another peer is only added, and so is never unassigned.
        """
        difference = InterfaceChange()
        now = self._running.interface_values()
        _copy_differences(difference, _INTERFACE_VALUES, now, self._change)
        private = difference.private_key
        if private is not None and same_private_key(private, now.private_key):
            difference.private_key = None
        removed, assigned = self._allowed_ip_changes()
        difference.peers.extend(self._removals(removed))
        difference.peers.extend(self._additions(assigned))
        return difference

    def _apply(self, section: PeerChange) -> None:
        public_key = section.public_key
        peer = self._resulting_peer(public_key)
        if section.remove:
            self._remove(public_key)
            return
        if peer is None:
            if section.update_only:
                return
            removed = public_key in self._removed
            peer = _ResultingPeer(None if removed else self._running.peer(public_key))
            self._set_peer(public_key, peer)
        _copy_differences(peer, _PEER_VALUES, peer, section)
        if section.replace_allowed_ips:
            self._release_all(public_key)
        self._assign(public_key, peer, section.allowed_ips)

    def _set_peer(self, public_key: bytes, peer: _ResultingPeer | None) -> None:
        if public_key not in self._peers:
            self._order.append(public_key)
        self._peers[public_key] = peer

    def _resulting_peer(self, public_key: bytes) -> _ResultingPeer | None:
        """Return a peer of the outcome so far, or None."""
        if public_key not in self._peers and self._running.has_peer(public_key):
            peer = _ResultingPeer(self._running.peer(public_key))
            peer.copy_old_values()
            self._set_peer(public_key, peer)
        return self._peers.get(public_key)

    def _remove(self, public_key: bytes) -> None:
        self._removed.add(public_key)
        if public_key in self._peers:
            self._release_all(public_key)
            self._set_peer(public_key, None)

    def _assign(
        self, public_key: bytes, peer: _ResultingPeer, wanted: "dict[AllowedIP, bool]"
    ) -> None:
        assigned = wanted
        if False in wanted.values():
            assigned = {ip: add for ip, add in wanted.items() if add}
            for ip, add in wanted.items():
                if not add and self._owner_of(ip) == public_key:
                    self._owners[ip] = None
        self._owners.update(dict.fromkeys(assigned, public_key))
        peer.assigned.append(assigned)

    def _owner_of(self, allowed_ip: "AllowedIP") -> bytes | None:
        if allowed_ip in self._owners:
            return self._owners[allowed_ip]
        return self._running.allowed_ip_owners((allowed_ip,))[0]

    def _release_all(self, public_key: bytes) -> None:
        if self._running.has_peer(public_key):
            for allowed_ip in self._running.allowed_ips(public_key):
                if self._owners.get(allowed_ip, public_key) == public_key:
                    self._owners[allowed_ip] = None
        peer = self._peers.get(public_key)
        if peer is not None:
            for assigned in peer.assigned:
                for allowed_ip in assigned:
                    if self._owners[allowed_ip] == public_key:
                        self._owners[allowed_ip] = None
            peer.assigned = []

    def _allowed_ip_changes(self) -> "tuple[AllowedIPChanges, AllowedIPChanges]":
        """Return the allowed IPs that each peer loses to no other, and that it gets."""
        removed: AllowedIPChanges = {}
        assigned: AllowedIPChanges = {}
        for (allowed_ip, after), before in zip(
            self._owners.items(), self._owners_before
        ):
            if after is None and before is not None:
                removed.setdefault(before, {})[allowed_ip] = False
            elif after is not None and (after != before or after in self._removed):
                assigned.setdefault(after, {})[allowed_ip] = True
        return removed, assigned

    def _removals(self, removed: "AllowedIPChanges") -> "Iterator[PeerChange]":
        unnamed = [key for key in removed if key not in self._peers]
        for public_key in self._order + unnamed:
            section = PeerChange(public_key)
            if public_key in self._peers and self._running.has_peer(public_key):
                peer = self._peers[public_key]
                section.remove = peer is None or peer.old is None
            if not section.remove:
                section.allowed_ips = removed.get(public_key, {})
            if section.remove or section.allowed_ips:
                yield section

    def _additions(self, assigned: "AllowedIPChanges") -> "Iterator[PeerChange]":
        for public_key in self._order:
            peer = self._peers[public_key]
            if peer is None:
                continue
            section = PeerChange(public_key)
            before = peer.old or PeerStatus(public_key)
            differs = _copy_differences(section, _PEER_VALUES, before, peer)
            section.allowed_ips = assigned.get(public_key, {})
            if differs or section.allowed_ips or not peer.old:
                yield section


def _copy_differences(
    target: object, names: "tuple[str, ...]", before: object, after: object
) -> bool:
    """Set the attributes of ``target`` that ``after`` gives and ``before`` lacks."""
    differs = False
    for name in names:
        value = getattr(after, name)
        if value is not None and value != getattr(before, name):
            setattr(target, name, value)
            differs = True
    return differs
