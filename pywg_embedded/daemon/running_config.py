"""The running configuration, read from engine and data plane as it is needed."""

from ..core.config import InterfaceStatus, PeerStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ..core.config import AllowedIP
    from ..core.device import Device
    from .dataplane import Plane


class RunningConfig:
    """The running configuration as ``control.diff`` reads it.

    It looks up single peers and allowed IPs, so that a small change of a large
    configuration is cheap. ``values`` is the status of the interface without its peers.
    """

    def __init__(
        self, device: "Device", plane: "Plane", values: InterfaceStatus
    ) -> None:
        self._peers = device.peers
        self._plane = plane
        self._values = values

    def interface_values(self) -> InterfaceStatus:
        """Return the status of the interface without its peers."""
        return self._values

    def has_peer(self, public_key: bytes) -> bool:
        """Return whether there is a peer with this public key."""
        return self._peers.with_key(public_key) is not None

    def peer(self, public_key: bytes) -> PeerStatus | None:
        """Return a peer without its allowed IPs and counters, or None."""
        peer = self._peers.with_key(public_key)
        if peer is None:
            return None
        status = PeerStatus(public_key)
        status.preshared_key = peer.preshared_key
        status.persistent_keepalive = peer.persistent_keepalive
        endpoint = self._plane.facts(peer.id).endpoint
        status.endpoint = endpoint.remote() if endpoint else None
        return status

    def public_keys(self) -> "Iterable[bytes]":
        """Return the public keys of all peers."""
        return [peer.public_key for peer in self._peers]

    def allowed_ips(self, public_key: bytes) -> "Iterable[AllowedIP]":
        """Return the allowed IPs of a peer; none if there is no such peer."""
        peer = self._peers.with_key(public_key)
        return self._plane.allowed_ips(peer.id) if peer else ()

    def allowed_ip_owners(
        self, allowed_ips: "Collection[AllowedIP]"
    ) -> "list[bytes | None]":
        """Return for each allowed IP the public key of its peer, or None."""
        if not self._plane.allowed_ip_count():
            # At the start, with the longest list of all, there are no owners.
            return [None] * len(allowed_ips)
        ids = self._plane.allowed_ip_owners(allowed_ips)
        keys: dict[int | None, bytes | None] = {}
        for peer_id in set(ids):
            peer = None if peer_id is None else self._peers.with_id(peer_id)
            keys[peer_id] = peer.public_key if peer else None
        return [keys[peer_id] for peer_id in ids]

    def counts(self) -> tuple[int, int]:
        """Return the number of peers, and of allowed IPs of all peers."""
        return len(self._peers), self._plane.allowed_ip_count()
