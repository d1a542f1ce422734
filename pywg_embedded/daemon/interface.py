"""The protocol engine and the data plane as one interface with a configuration."""

import errno

from ..control.config import Change, PeerStatus, Plan, Status
from ..core.device import Device
from ..core.errors import ConfigError
from ..dataplane import events
from ..dataplane.limits import Limits
from ..dataplane.reference import Plane
from . import clock
from .log import Log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_REASONS = {
    errno.EADDRINUSE: "the port is in use",
    errno.EACCES: "not permitted: run as root",
    errno.EPERM: "not permitted: run as root (CAP_NET_ADMIN)",
}


class Interface:
    """What is configured, whether it is up, and what happens to it."""

    def __init__(self, device: Device, plane: Plane, limits: Limits, log: Log) -> None:
        self.device = device
        self.plane = plane
        self._limits = limits
        self._log = log
        self._port = 0
        self._any_port = True
        self._fwmark = 0
        self._up = False

    def configure(self, change: Change) -> None:
        """Apply a change whole, or raise ConfigError with nothing changed."""
        plan = Plan(self.status(), change)
        plan.check_limits(self._limits.peers, self._limits.allowed_ips)
        difference = plan.difference()
        self._configure_socket(difference)
        self.device.configure(difference, clock.boottime())
        self.flush()

    def status(self) -> Status:
        """What there is now, secrets included."""
        now = clock.boottime()
        report = self.device.status(now)
        status = Status()
        status.private_key = report["private_key"]
        status.listen_port = self._port
        status.fwmark = self._fwmark
        status.peers = [self._peer_status(peer) for peer in report["peers"]]
        return status

    def set_up(self, up: bool) -> None:
        """Follow the link: an interface that is down has no socket and no session."""
        if up == self._up:
            return
        if up:
            self._port = self.plane.listen(self._port)
            self.device.interface_up(clock.boottime())
        else:
            self.device.interface_down(clock.boottime())
            self.plane.close()
        self._up = up
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
            self.device.receive_datagram(data, source, now, backlog)
        else:
            _TOLD[kind](self.device, event[1], now)
        self.flush()

    def handle_timer(self) -> None:
        """Let the engine do what is due."""
        self.device.handle_timer(clock.boottime())
        self.flush()

    def flush(self) -> None:
        """Send what the engine wants sent."""
        for datagram, endpoint in self.device.datagrams_to_send():
            self.plane.send_datagram(datagram, endpoint)

    def drops(self) -> dict[str, int]:
        """How many packets were dropped so far, by reason."""
        total = dict(self.plane.drops)
        for reason, count in self.device.drops.items():
            total[reason] = total.get(reason, 0) + count
        return total

    def sourced_endpoints(self) -> "list[tuple[int, Any]]":
        """The peers whose packets leave from a fixed local address, and where to."""
        found = [(p.id, self.plane.facts(p.id).endpoint) for p in self.device.peers]
        return [(peer_id, e) for peer_id, e in found if e is not None and e.source]

    @property
    def fwmark(self) -> int:
        """The mark on outer packets, 0 for none."""
        return self._fwmark

    def close(self) -> None:
        """End every session and overwrite every secret."""
        self.plane.wipe()
        self.plane.close()
        self.device.close()

    def _configure_socket(self, change: Change) -> None:
        fwmark = self._fwmark if change.fwmark is None else change.fwmark
        try:
            self.plane.set_fwmark(fwmark)
            if change.listen_port is not None:
                self._port = self._take_port(change.listen_port)
        except OSError as error:
            self.plane.set_fwmark(self._fwmark)
            raise _explained(change, error) from error
        self._fwmark = fwmark

    def _take_port(self, port: int) -> int:
        if not port and self._any_port:
            return self._port  # any will do, and so this one
        taken = self.plane.listen(port)
        self._any_port = not port
        if self._up:
            return taken
        # Only tried: an interface that is down holds no port.
        self.plane.close()
        return port

    def _peer_status(self, report: "dict[str, Any]") -> PeerStatus:
        facts = self.plane.facts(report["id"])
        peer = PeerStatus(report["public_key"])
        peer.preshared_key = report["preshared_key"]
        peer.persistent_keepalive = report["persistent_keepalive"]
        peer.endpoint = facts.endpoint.remote() if facts.endpoint else None
        peer.allowed_ips = list(self.plane.allowed_ips(report["id"]))
        peer.last_handshake = _moment(report["last_handshake_age"])
        peer.rx_bytes = facts.rx_bytes + report["rx_bytes"]
        peer.tx_bytes = facts.tx_bytes + report["tx_bytes"]
        return peer


_TOLD = {
    events.HANDSHAKE_WANTED: Device.handshake_wanted,
    events.KEY_CONFIRMED: Device.key_confirmed,
    events.ACTIVE: Device.peer_active,
}


def _moment(age: int | None) -> tuple[int, int]:
    """Wall-clock time so many milliseconds ago: right even if the clock was set."""
    if age is None:
        return (0, 0)
    return divmod(clock.wall() - age * 1_000_000, 1_000_000_000)


def _explained(change: Change, error: OSError) -> ConfigError:
    what = "fwmark" if change.listen_port is None else f"port {change.listen_port}"
    reason = _REASONS.get(error.errno or 0, error.strerror)
    return ConfigError(f"{what}: {reason}", error.errno or errno.EIO)
