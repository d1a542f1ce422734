"""What is configured now, as a plan of a change asks for it."""

from ..core.config import InterfaceStatus, PeerStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ..core.config import AllowedIP
    from ..core.device import Device
    from .dataplane import Plane


class RunningConfig:
    """Answers about single peers and allowed IPs; ``values`` are the interface's."""

    def __init__(
        self, device: "Device", plane: "Plane", values: InterfaceStatus
    ) -> None:
        self._peers = device.peers
        self._plane = plane
        self._values = values

    def interface_values(self) -> InterfaceStatus:
        return self._values

    def has_peer(self, public_key: bytes) -> bool:
        return self._peers.with_key(public_key) is not None

    def peer(self, public_key: bytes) -> PeerStatus | None:
        peer = self._peers.with_key(public_key)
        if peer is None:
            return None
        status = PeerStatus(public_key)
        status.preshared_key = bytes(peer.preshared_key)
        status.persistent_keepalive = peer.persistent_keepalive
        endpoint = self._plane.facts(peer.id).endpoint
        status.endpoint = endpoint.remote() if endpoint else None
        return status

    def public_keys(self) -> "Iterable[bytes]":
        return [peer.public_key for peer in self._peers]

    def allowed_ips(self, public_key: bytes) -> "Iterable[AllowedIP]":
        peer = self._peers.with_key(public_key)
        return self._plane.allowed_ips(peer.id) if peer else ()

    def allowed_ip_owners(
        self, allowed_ips: "Collection[AllowedIP]"
    ) -> "list[bytes | None]":
        if not self._plane.allowed_ip_count():
            return [None] * len(allowed_ips)  # as at the start, when there are most
        ids = self._plane.allowed_ip_owners(allowed_ips)
        keys: dict[int | None, bytes | None] = {}
        for peer_id in set(ids):
            peer = None if peer_id is None else self._peers.with_id(peer_id)
            keys[peer_id] = peer.public_key if peer else None
        return [keys[peer_id] for peer_id in ids]

    def counts(self) -> tuple[int, int]:
        return len(self._peers), self._plane.allowed_ip_count()
