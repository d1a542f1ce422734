"""What there is to see of the interface, for everybody who may see it.

No key in it but public ones: who reads it need not be allowed to read those.
"""

from ...control.address import format_allowed_ip, format_endpoint
from ...control.keys import to_base64
from .. import clock
from .diagnosis import Symptoms, diagnose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...core.peer import Peer
    from ...openwrt.uci_network import PeerConfig as Wanted
    from ..interface import Interface
    from ..openwrt.uci_config import UciConfig
    from .peer_monitor import PeerMonitor

    Table = dict[str, Any]


class StatusReport:
    """Puts together what is configured, what is, and what happened."""

    def __init__(
        self, interface: "Interface", uci_config: "UciConfig", monitor: "PeerMonitor"
    ):
        self._interface = interface
        self._uci_config = uci_config
        self._monitor = monitor

    def status(self) -> "Table":
        """The interface, and its peers; ages are whole seconds, rates bytes a second.

        ``left_out`` are the sections that are no peers, and why.
        """
        wanted = {peer.public_key: peer for peer in self._uci_config.configured.peers}
        interface = self._interface
        report = interface.device.status(clock.boottime())
        return {
            "up": interface.up,
            "public_key": to_base64(report["public_key"]),
            "listen_port": interface.port(),
            "mtu": interface.plane.mtu,
            "fwmark": interface.fwmark(),
            "dataplane": interface.plane.kind,
            "limits": {
                "peers": interface.limits.peers,
                "allowed_ips": interface.limits.allowed_ips,
            },
            "drops": interface.drops(),
            "complaints": [str(one) for one in self._uci_config.complaints],
            "peers": [
                self._peer(peer, wanted.get(peer.public_key))
                for peer in interface.device.peers
            ],
        }

    def history(self) -> "Table":
        """The rates of the last ten minutes, by public key, the oldest first."""
        found = {}
        for peer in self._interface.device.peers:
            rates = self._monitor.rates(peer.public_key)
            if rates:
                rx, tx = rates.history()
                found[to_base64(peer.public_key)] = {"rx": rx, "tx": tx}
        return found

    def _peer(self, peer: "Peer", wanted: "Wanted | None") -> "Table":
        facts = self._interface.plane.facts(peer.id)
        rates = self._monitor.rates(peer.public_key)
        rx_rate, tx_rate = rates.last() if rates else (0, 0)
        endpoint = facts.endpoint.remote() if facts.endpoint else None
        code, words = diagnose(self._symptoms(peer, wanted))
        allowed_ips = self._interface.plane.allowed_ips(peer.id)
        return {
            "public_key": to_base64(peer.public_key),
            "has_preshared_key": any(peer.preshared_key),
            **(_as_written(wanted) if wanted else {}),
            "endpoint": format_endpoint(endpoint) if endpoint else "",
            "allowed_ips": [format_allowed_ip(one) for one in allowed_ips],
            "persistent_keepalive": peer.persistent_keepalive,
            "handshake_age": _seconds_since(peer.last_handshake_at),
            "rx_bytes": facts.rx_bytes,
            "tx_bytes": facts.tx_bytes,
            "rx_rate": rx_rate,
            "tx_rate": tx_rate,
            "state": code,
            "reason": words,
        }

    def _symptoms(self, peer: "Peer", wanted: "Wanted | None") -> Symptoms:
        reachability = self._interface.reachability(peer.public_key)
        symptoms = Symptoms()
        symptoms.up = self._interface.up
        symptoms.listen_error = self._interface.listen_error
        symptoms.handshake_age = _age(peer.last_handshake_at)
        symptoms.unresponsive = reachability.unresponsive
        symptoms.unanswered_initiations = peer.initiations_unanswered
        symptoms.host = (wanted.endpoint_host or "") if wanted else ""
        symptoms.lookup_error = self._uci_config.endpoints.lookup_error(peer.public_key)
        if reachability.endpoint:
            symptoms.endpoint = format_endpoint(reachability.endpoint)
        symptoms.recent_drops = self._monitor.recent_drops()
        symptoms.wall_time = clock.wall() // 1_000_000_000
        return symptoms


def _as_written(wanted: "Wanted") -> "Table":
    return {
        "section": wanted.section,
        "description": wanted.description or "",
        "endpoint_host": wanted.endpoint_host or "",
        "endpoint_port": wanted.endpoint_port,
        "route_allowed_ips": wanted.route_allowed_ips,
    }


def _age(moment: int) -> int | None:
    return clock.boottime() - moment if moment else None


def _seconds_since(moment: int) -> int | None:
    age = _age(moment)
    return None if age is None else age // 1_000
