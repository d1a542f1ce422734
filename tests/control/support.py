"""Helpers for the tests of ``control``: samples, error texts, a model."""

from pywg_embedded.control.address import parse_allowed_ip
from pywg_embedded.core.config import (
    InterfaceChange,
    InterfaceStatus,
    PeerChange,
    PeerStatus,
)
from pywg_embedded.core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VALUES = ("preshared_key", "endpoint", "persistent_keepalive")


def key(key_byte: int) -> bytes:
    return bytes((key_byte,)) * 32


def error_of(function: "Callable[..., object]", *arguments: object) -> str:
    """Return the text of the ConfigError that a call raises."""
    try:
        result = function(*arguments)
    except ConfigError as error:
        return str(error)
    return f"no error, but {result!r}"


def plain(value: "Any") -> "Any":
    """Return an object with slots as a dict, for comparison."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "__slots__"):
        return {name: plain(getattr(value, name)) for name in value.__slots__}
    return value


def peer_change(key_byte: int, *allowed_ips: str, **values: "Any") -> PeerChange:
    """Return a peer change; "-" before an allowed IP removes it."""
    section = PeerChange(key(key_byte))
    for text in allowed_ips:
        add = not text.startswith("-")
        section.allowed_ips[parse_allowed_ip(text if add else text[1:])] = add
    for name, value in values.items():
        setattr(section, name, value)
    return section


def change(*peers: PeerChange, **values: "Any") -> InterfaceChange:
    result = InterfaceChange()
    result.peers.extend(peers)
    for name, value in values.items():
        setattr(result, name, value)
    return result


def peer_status(key_byte: int, *allowed_ips: str, **values: "Any") -> PeerStatus:
    peer = PeerStatus(key(key_byte))
    peer.allowed_ips.extend(map(parse_allowed_ip, allowed_ips))
    for name, value in values.items():
        setattr(peer, name, value)
    return peer


def status(*peers: PeerStatus, **values: "Any") -> InterfaceStatus:
    result = InterfaceStatus()
    result.peers.extend(peers)
    for name, value in values.items():
        setattr(result, name, value)
    return result


class Model:
    """An interface that applies a change by its definition.

    ``sessions`` are the peers that were never removed since the start.
    """

    def __init__(self, start: InterfaceStatus) -> None:
        self.interface = [start.private_key, start.listen_port, start.fwmark]
        self.peers = [copy_of(peer) for peer in start.peers]
        self.sessions = {peer.public_key for peer in start.peers}
        self.replaced: dict[bytes, PeerStatus] = {}

    def apply(self, change: InterfaceChange) -> "Model":
        wanted = (change.private_key, change.listen_port, change.fwmark)
        for index, value in enumerate(wanted):
            if value is not None:
                self.interface[index] = value
        if change.replace_peers:
            self.replaced = {peer.public_key: peer for peer in self.peers}
            self.peers = []
        for section in change.peers:
            self.apply_peer(section)
        self.sessions &= {peer.public_key for peer in self.peers}
        return self

    def apply_peer(self, section: PeerChange) -> None:
        public_key = section.public_key
        if section.remove:
            self.peers = [p for p in self.peers if p.public_key != public_key]
            self.replaced.pop(public_key, None)
            self.sessions.discard(public_key)
            return
        found = [p for p in self.peers if p.public_key == public_key]
        if not found and section.update_only:
            return
        peer = found[0] if found else self.add(public_key)
        for name in VALUES:
            if getattr(section, name) is not None:
                setattr(peer, name, getattr(section, name))
        self.apply_allowed_ips(peer, section)

    def add(self, public_key: bytes) -> PeerStatus:
        peer = PeerStatus(public_key)
        if public_key in self.replaced:
            peer.endpoint = self.replaced[public_key].endpoint
        self.peers.append(peer)
        return peer

    def apply_allowed_ips(self, peer: PeerStatus, section: PeerChange) -> None:
        if section.replace_allowed_ips:
            peer.allowed_ips = []
        for allowed_ip, add in section.allowed_ips.items():
            for owner in self.peers if add else [peer]:
                if allowed_ip in owner.allowed_ips:
                    owner.allowed_ips.remove(allowed_ip)
            if add:
                peer.allowed_ips.append(allowed_ip)

    def outcome(self) -> "tuple[Any, Any, Any]":
        """Return the state for comparison with another model."""
        peers = {}
        for peer in self.peers:
            values = [getattr(peer, name) for name in VALUES]
            peers[peer.public_key] = values, sorted(peer.allowed_ips)
        return self.interface, peers, self.sessions

    def counts(self) -> tuple[int, int]:
        """Return the number of peers and of allowed IPs."""
        return len(self.peers), sum(len(peer.allowed_ips) for peer in self.peers)


def copy_of(peer: PeerStatus) -> PeerStatus:
    copy = PeerStatus(peer.public_key)
    for name in VALUES:
        setattr(copy, name, getattr(peer, name))
    copy.allowed_ips = list(peer.allowed_ips)
    return copy
