"""The WireGuard interface: protocol engine, data plane and configuration in one."""

import errno

from ..control.diff import Surplus, fit
from ..control.keys import to_base64
from ..core.config import InterfaceChange, InterfaceStatus, PeerChange, PeerStatus
from ..core.constants import REKEY_TIMEOUT
from ..core.device import Device
from ..core.errors import ConfigError
from ..dataplane import events
from ..dataplane.limits import Limits
from . import clock
from .dataplane import LIBPYWG
from .left_out import LeftOut, describe
from .log import Log
from .netlink.source_address import select_source
from .running_config import RunningConfig
from .status.reachability import REPLY_TIMEOUT, Reachability

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..core.config import EndpointTuple
    from .dataplane import Plane

_CLOCK_STEP = 1_000_000_000
_SOCKET_ERRORS = {
    errno.EADDRINUSE: "the port is in use; choose another one",
    errno.EACCES: "permission denied; run pywgd as root",
    errno.EPERM: "permission denied; run pywgd as root (CAP_NET_ADMIN)",
}


class Interface:
    """Joins engine and data plane, and follows configuration and link state.

    ``up`` is the state of the link; ``listen_error`` the reason why the interface is up
    but does not listen, or empty. ``left_out`` is what the tables have no room for.
    """

    def __init__(
        self, device: Device, plane: "Plane", limits: Limits, log: Log
    ) -> None:
        self.device = device
        self.plane = plane
        self.limits = limits
        self.left_out = LeftOut(limits)
        self._log = log
        self._port = 0
        self._any_port = True
        self._fwmark = 0
        self.up = False
        self.listen_error = ""
        self._booted_at = 0

    def configure(self, change: InterfaceChange) -> Surplus:
        """Apply a change; return the new peers and allowed IPs beyond the tables.

        Raises:
            ConfigError: the change is rejected; the configuration is as before.
        """
        running = RunningConfig(self.device, self.plane, self._values())
        own_key = self.device.public_key(change.private_key)
        limits = self.limits
        outcome, surplus = fit(
            running, change, own_key, limits.peers, limits.allowed_ips
        )
        difference = outcome.difference()
        self._configure_socket(difference)
        for peer in change.peers:
            if peer.public_key == own_key and not peer.remove:
                self._log.warning(
                    f"ignoring peer {to_base64(peer.public_key)}: "
                    "it has the public key of this interface"
                )
        self._clear_sources(change)
        self.device.configure(difference, clock.boottime())
        self.left_out.record(change, surplus)
        self.flush()
        return surplus

    def log_surplus(self, change: InterfaceChange, surplus: Surplus) -> None:
        """Log what ``configure`` has left out of a change."""
        for message in describe(change, surplus, self.limits):
            self._log.error(message)

    def status(self) -> InterfaceStatus:
        """Return configuration and state, including private and preshared keys.

        These are the buffers in use: not copied, and overwritten when replaced.
        """
        status = self._values()
        report = self.device.status(clock.boottime())
        status.peers = [self._peer_status(peer) for peer in report["peers"]]
        return status

    def _values(self) -> InterfaceStatus:
        status = InterfaceStatus()
        status.private_key = self.device.private_key()
        status.listen_port = self._port
        status.fwmark = self._fwmark
        status.max_peers = self.limits.peers
        status.max_allowed_ips = self.limits.allowed_ips
        status.peers_left_out = list(self.left_out.peers)
        if self.plane.kind != LIBPYWG:
            status.dataplane = self.plane.kind
        return status

    def set_up(self, up: bool) -> None:
        """Follow the state of the link: while down, close the socket and all sessions.

        Raises:
            OSError: the UDP port cannot be opened.
        """
        if up == self.up:
            return
        if up:
            self._port = self.plane.listen(self._port)
            self.device.interface_up(clock.boottime())
        else:
            self.device.interface_down(clock.boottime())
            self.plane.close()
        self.up = up
        self._log.verbose(f"up, listening on UDP port {self._port}" if up else "down")
        self.flush()

    def timeout(self) -> int | None:
        """Return the milliseconds until ``handle_timer`` is due, or None."""
        due = self.device.get_timer()
        return None if due is None else max(0, due - clock.boottime())

    def handle(self, event: "tuple[Any, ...]") -> None:
        """Pass an event of the data plane to the engine."""
        now = clock.boottime()
        kind = event[0]
        if kind == events.HANDSHAKE:
            _, data, source, backlog = event
            self.device.receive_datagram(data, source, now, backlog, filtered=True)
        else:
            _EVENT_HANDLERS[kind](self.device, event[1], now)
        self.flush()

    def handle_timer(self) -> None:
        """Run the timers of the engine that are due."""
        self.device.handle_timer(clock.boottime())
        self.flush()

    def flush(self) -> None:
        """Send the datagrams that the engine has queued."""
        for datagram, endpoint, peer_id in self.device.datagrams_to_send():
            checked = self.plane.check_source(endpoint)
            source = select_source(checked, self._fwmark)
            if self.plane.send_datagram(datagram, source) and peer_id is not None:
                self.plane.record_handshake_sent(peer_id, len(datagram))

    def drops(self) -> dict[str, int]:
        """Return the number of dropped packets by drop reason."""
        total = dict(self.plane.drops)
        for reason, count in self.device.drops.items():
            total[reason] = total.get(reason, 0) + count
        return total

    def reachability(self, public_key: bytes) -> Reachability:
        """Return the peer's reachability; an unknown peer is unreachable."""
        peer = self.device.peers.with_key(public_key)
        if peer is None:
            return Reachability()
        now = clock.boottime()
        facts = self.plane.facts(peer.id)
        data_unanswered = 0 < facts.unanswered_since() <= now - REPLY_TIMEOUT
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
        """Set the peer's endpoint; do nothing if there is no such peer."""
        peer = PeerChange(public_key)
        peer.update_only = True
        peer.endpoint = endpoint
        change = InterfaceChange()
        change.peers.append(peer)
        self.device.configure(change, clock.boottime())
        self.flush()

    def endpoint_addresses(self) -> "frozenset[bytes]":
        """Return the addresses of the endpoints of all peers, packed."""
        facts = [self.plane.facts(peer.id) for peer in self.device.peers]
        return frozenset(fact.endpoint.address for fact in facts if fact.endpoint)

    def endpoints(self) -> "dict[bytes, EndpointTuple]":
        """Return the endpoints of the peers that have one, by public key."""
        found = {}
        for peer in self.device.peers:
            endpoint = self.plane.facts(peer.id).endpoint
            if endpoint is not None:
                found[peer.public_key] = endpoint.remote()
        return found

    def port(self) -> int:
        """Return the configured or chosen UDP port, 0 before one is chosen."""
        return self._port

    def fwmark(self) -> int:
        """Return the fwmark of the UDP socket, 0 for none."""
        return self._fwmark

    def unreachable_peers(self) -> "list[bytes]":
        """Return the public keys of the peers that do not answer."""
        now = clock.boottime()
        all_keys = [peer.public_key for peer in self.device.peers]
        return [key for key in all_keys if self.reachability(key).is_unreachable(now)]

    def rekey(self, public_keys: "Iterable[bytes]") -> None:
        """Start a handshake with each of these peers."""
        now = clock.boottime()
        for public_key in public_keys:
            peer = self.device.peers.with_key(public_key)
            if peer is not None:
                self.device.rekey(peer.id, now)
        self.flush()

    def lock_keys(self) -> None:
        """Keep all keys out of swap, as far as the system allows.

        To be called once the process has forked for the last time.
        """
        try:
            self.plane.lock_keys()
            if self.device.lock_secrets():
                return
            reason = "RLIMIT_MEMLOCK is too low"
        except OSError as error:
            reason = str(error.strerror)
        self._log.verbose(f"keys may be swapped out: {reason}")

    def close(self) -> None:
        """Close all sessions and sockets, and overwrite all secrets."""
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
            raise _socket_error(f"listen port {change.listen_port}", error) from error

    def _set_fwmark(self, fwmark: int) -> None:
        try:
            self.plane.set_fwmark(fwmark)
        except OSError as error:
            raise _socket_error("fwmark", error) from error
        self._fwmark = fwmark

    def _clear_sources(self, change: InterfaceChange) -> None:
        """Clear the source addresses of the peers that the change gives an endpoint.

        Even if it is the present one (linux): the difference does not contain it then.
        """
        for section in change.peers:
            peer = self.device.peers.with_key(section.public_key)
            if section.endpoint is not None and peer is not None:
                self.plane.clear_source(peer.id)

    def _bind_port(self, port: int) -> int:
        if not port and self._any_port:
            return self._port  # keep the port that was chosen
        bound = self.plane.listen(port)
        self._any_port = not port
        if self.up:
            return bound
        # An interface that is down holds no port; this was a test.
        self.plane.close()
        return port

    def _wall_time(self, boottime: int) -> tuple[int, int]:
        """Return seconds and nanoseconds since 1970, by the present wall clock."""
        if not boottime:
            return (0, 0)
        booted_at = clock.wall() - clock.boottime() * 1_000_000
        # The clocks drift; a time that was reported moves only if the clock is set.
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
        left_out = self.left_out.allowed_ips
        peer.allowed_ips_left_out = left_out.get(peer.public_key, 0)
        peer.last_handshake = self._wall_time(report["last_handshake_at"])
        peer.rx_bytes = facts.rx_bytes
        peer.tx_bytes = facts.tx_bytes
        return peer


_EVENT_HANDLERS = {
    events.HANDSHAKE_NEEDED: Device.handshake_needed,
    events.KEY_CONFIRMED: Device.key_confirmed,
    events.ACTIVE: Device.peer_active,
}


def _socket_error(option: str, error: OSError) -> ConfigError:
    reason = _SOCKET_ERRORS.get(error.errno or 0, error.strerror)
    return ConfigError(f"{option}: {reason}", error.errno or errno.EIO)
