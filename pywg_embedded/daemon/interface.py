"""The protocol engine and the data plane as one interface with a configuration."""

import errno

from ..control.diff import ConfigDiff
from ..core.config import InterfaceChange, InterfaceStatus, PeerChange, PeerStatus
from ..core.constants import REKEY_TIMEOUT
from ..core.device import Device
from ..core.errors import ConfigError
from ..dataplane import events
from ..dataplane.limits import Limits
from . import clock
from .dataplane import LIBPYWG
from .log import Log
from .netlink.routes import is_rerouted
from .netlink.source_address import select_source
from .running_config import RunningConfig
from .status.reachability import REPLY_TIMEOUT, Reachability

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..core.config import EndpointTuple
    from ..core.endpoint import Endpoint
    from .dataplane import Plane

_CLOCK_STEP = 1_000_000_000
_SOCKET_ERRORS = {
    errno.EADDRINUSE: "the port is in use",
    errno.EACCES: "not permitted: run as root",
    errno.EPERM: "not permitted: run as root (CAP_NET_ADMIN)",
}


class Interface:
    """What is configured, whether it is up, and what happens to it."""

    def __init__(
        self, device: Device, plane: "Plane", limits: Limits, log: Log
    ) -> None:
        self.device = device
        self.plane = plane
        self.limits = limits
        self._log = log
        self._port = 0
        self._any_port = True
        self._fwmark = 0
        self.up = False
        # Why we do not listen, though we should.
        self.listen_error = ""
        self._booted_at = 0

    def configure(self, change: InterfaceChange) -> None:
        """Apply a change whole, or raise ConfigError with nothing changed."""
        running = RunningConfig(self.device, self.plane, self._values())
        diff = ConfigDiff(running, change, self.device.public_key(change.private_key))
        diff.check_limits(self.limits.peers, self.limits.allowed_ips)
        difference = diff.difference()
        self._configure_socket(difference)
        self.device.configure(difference, clock.boottime())
        self.flush()

    def status(self) -> InterfaceStatus:
        """What there is now, secrets included."""
        status = self._values()
        report = self.device.status(clock.boottime())
        status.peers = [self._peer_status(peer) for peer in report["peers"]]
        return status

    def _values(self) -> InterfaceStatus:
        status = InterfaceStatus()
        status.private_key = self.device.private_key()
        status.listen_port = self._port
        status.fwmark = self._fwmark
        if self.plane.kind != LIBPYWG:
            status.dataplane = self.plane.kind
        return status

    def set_up(self, up: bool) -> None:
        """Follow the link: an interface that is down has no socket and no session."""
        if up == self.up:
            return
        if up:
            self._port = self.plane.listen(self._port)
            self.device.interface_up(clock.boottime())
        else:
            self.device.interface_down(clock.boottime())
            self.plane.close()
        self.up = up
        self._log.verbose(f"up, on UDP port {self._port}" if up else "down")
        self.flush()

    def timeout(self) -> int | None:
        """Milliseconds until the engine wants to be called, None for not at all."""
        due = self.device.get_timer()
        return None if due is None else max(0, due - clock.boottime())

    def handle(self, event: "tuple[Any, ...]") -> None:
        """Tell the engine what the data plane reported."""
        now = clock.boottime()
        kind = event[0]
        if kind == events.HANDSHAKE:
            _, data, source, backlog = event
            self.device.receive_datagram(data, source, now, backlog, filtered=True)
        else:
            _EVENT_HANDLERS[kind](self.device, event[1], now)
        self.flush()

    def handle_timer(self) -> None:
        """Let the engine do what is due."""
        self.device.handle_timer(clock.boottime())
        self.flush()

    def flush(self) -> None:
        """Send what the engine wants sent."""
        for datagram, endpoint in self.device.datagrams_to_send():
            self.plane.send_datagram(datagram, select_source(endpoint, self._fwmark))

    def drops(self) -> dict[str, int]:
        """How many packets were dropped so far, by reason."""
        total = dict(self.plane.drops)
        for reason, count in self.device.drops.items():
            total[reason] = total.get(reason, 0) + count
        return total

    def reachability(self, public_key: bytes) -> Reachability:
        """How the peer is heard; one that is not there is not heard at all."""
        peer = self.device.peers.with_key(public_key)
        if peer is None:
            return Reachability()
        now = clock.boottime()
        facts = self.plane.facts(peer.id)
        data_unanswered = 0 < facts.data_sent_since <= now - REPLY_TIMEOUT
        handshake_unanswered = (
            peer.initiations_unanswered > REPLY_TIMEOUT // REKEY_TIMEOUT
            and now - peer.initiation_sent_at < REPLY_TIMEOUT
        )
        return Reachability(
            peer.last_handshake_at,
            data_unanswered or handshake_unanswered,
            facts.endpoint.remote() if facts.endpoint else None,
        )

    def set_endpoint(self, public_key: bytes, endpoint: "EndpointTuple") -> None:
        """Speak to this peer there from now on, if it is a peer at all."""
        peer = PeerChange(public_key)
        peer.update_only = True
        peer.endpoint = endpoint
        change = InterfaceChange()
        change.peers.append(peer)
        self.device.configure(change, clock.boottime())
        self.flush()

    def endpoint_addresses(self) -> "frozenset[bytes]":
        """The addresses that peers are spoken to at."""
        facts = [self.plane.facts(peer.id) for peer in self.device.peers]
        return frozenset(one.endpoint.address for one in facts if one.endpoint)

    def port(self) -> int:
        """The UDP port that is configured, or was chosen; 0 before it is."""
        return self._port

    def fwmark(self) -> int:
        """The mark of what we send, 0 for none."""
        return self._fwmark

    def unreachable_peers(self) -> "list[bytes]":
        """The public keys of the peers that are not heard."""
        now = clock.boottime()
        all_keys = [peer.public_key for peer in self.device.peers]
        return [key for key in all_keys if self.reachability(key).is_unreachable(now)]

    def rekey(self, public_keys: "Iterable[bytes]") -> None:
        """Begin a handshake with each of these peers."""
        now = clock.boottime()
        for public_key in public_keys:
            peer = self.device.peers.with_key(public_key)
            if peer is not None:
                self.device.rekey(peer.id, now)
        self.flush()

    def peers_with_source(self) -> list[int]:
        """The peers whose packets leave from a fixed local address."""
        ids = [peer.id for peer in self.device.peers]
        return [peer_id for peer_id in ids if self._source_of(peer_id)]

    def check_source(self, peer_id: int) -> None:
        """Let the kernel choose again where the fixed address leads astray."""
        endpoint = self._source_of(peer_id)
        if endpoint is not None and is_rerouted(endpoint, self._fwmark):
            self.plane.clear_source(peer_id)

    def close(self) -> None:
        """End every session and overwrite every secret."""
        self.plane.wipe()
        self.plane.close()
        self.device.close()

    def _configure_socket(self, change: InterfaceChange) -> None:
        fwmark = self._fwmark
        if change.fwmark is not None:
            self._set_fwmark(change.fwmark)
        if change.listen_port is None:
            return
        try:
            self._port = self._bind_port(change.listen_port)
        except OSError as error:
            if change.fwmark is not None:
                self._set_fwmark(fwmark)
            raise _socket_error(f"port {change.listen_port}", error) from error

    def _set_fwmark(self, fwmark: int) -> None:
        try:
            self.plane.set_fwmark(fwmark)
        except OSError as error:
            raise _socket_error("fwmark", error) from error
        self._fwmark = fwmark
        for peer_id in self.peers_with_source():
            self.plane.clear_source(peer_id)

    def _source_of(self, peer_id: int) -> "Endpoint | None":
        if self.device.peers.with_id(peer_id) is None:
            return None  # removed since
        endpoint = self.plane.facts(peer_id).endpoint
        return endpoint if endpoint is not None and endpoint.source else None

    def _bind_port(self, port: int) -> int:
        if not port and self._any_port:
            return self._port  # any will do, and so this one
        taken = self.plane.listen(port)
        self._any_port = not port
        if self.up:
            return taken
        # Only tried: an interface that is down holds no port.
        self.plane.close()
        return port

    def _wall_time(self, boottime: int) -> tuple[int, int]:
        """Wall-clock time of that instant, right by the clock as it is set now."""
        if not boottime:
            return (0, 0)
        booted_at = clock.wall() - clock.boottime() * 1_000_000
        # The clocks drift: only a step moves what was already told.
        if abs(booted_at - self._booted_at) > _CLOCK_STEP:
            self._booted_at = booted_at
        return divmod(max(0, self._booted_at + boottime * 1_000_000), 1_000_000_000)

    def _peer_status(self, report: "dict[str, Any]") -> PeerStatus:
        facts = self.plane.facts(report["id"])
        peer = PeerStatus(report["public_key"])
        peer.preshared_key = report["preshared_key"]
        peer.persistent_keepalive = report["persistent_keepalive"]
        peer.endpoint = facts.endpoint.remote() if facts.endpoint else None
        peer.allowed_ips = list(self.plane.allowed_ips(report["id"]))
        peer.last_handshake = self._wall_time(report["last_handshake_at"])
        peer.rx_bytes = facts.rx_bytes
        peer.tx_bytes = facts.tx_bytes
        return peer


_EVENT_HANDLERS = {
    events.HANDSHAKE_NEEDED: Device.handshake_needed,
    events.KEY_CONFIRMED: Device.key_confirmed,
    events.ACTIVE: Device.peer_active,
}


def _socket_error(what: str, error: OSError) -> ConfigError:
    reason = _SOCKET_ERRORS.get(error.errno or 0, error.strerror)
    return ConfigError(f"{what}: {reason}", error.errno or errno.EIO)
