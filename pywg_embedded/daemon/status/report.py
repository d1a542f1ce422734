"""The status of the interface for ubus clients, without private and preshared keys."""

from ...control.address import format_allowed_ip, format_endpoint
from ...control.keys import to_base64
from ...core.config import ZERO_KEY
from .. import clock
from .diagnosis import Symptoms, diagnose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...core.peer import Peer
    from ...openwrt.uci_network import PeerConfig as UciPeer
    from ..interface import Interface
    from ..openwrt.uci_config import UciConfig
    from .peer_monitor import PeerMonitor

    Table = dict[str, Any]


# Peers, allowed IPs of all of them, and complaints in a report.
_MAX_PEERS, _MAX_ALLOWED_IPS, _MAX_COMPLAINTS = 500, 4_000, 64


class StatusReport:
    """Builds reports from the UCI configuration, the interface and the peer monitor."""

    def __init__(
        self, interface: "Interface", uci_config: "UciConfig", monitor: "PeerMonitor"
    ):
        self._interface = interface
        self._uci_config = uci_config
        self._monitor = monitor

    def status(self) -> "Table":
        """Return the status of the interface and its peers.

        Ages are in seconds, rates in bytes per second; ``complaints`` are the problems
        of the UCI configuration, and what else the tables have no room for. Long lists
        are cut short, because a message of ubus is limited to 1 MiB.
        """
        sections = {peer.public_key: peer for peer in self._uci_config.configured.peers}
        interface = self._interface
        peers = list(interface.device.peers)
        most = _MAX_ALLOWED_IPS // max(1, min(len(peers), _MAX_PEERS))
        return {
            "up": interface.up,
            "public_key": to_base64(interface.device.public_key() or ZERO_KEY),
            "listen_port": interface.port(),
            "mtu": interface.plane.mtu,
            "fwmark": interface.fwmark(),
            "dataplane": interface.plane.kind,
            "limits": {
                "peers": interface.limits.peers,
                "allowed_ips": interface.limits.allowed_ips,
            },
            "used": {
                "peers": len(interface.device.peers),
                "allowed_ips": interface.plane.allowed_ip_count(),
            },
            "left_out": {
                "peers": len(interface.left_out.peers),
                "allowed_ips": sum(interface.left_out.allowed_ips.values()),
            },
            "drops": interface.drops(),
            "complaints": self._complaints(),
            "peers": [
                self._peer(peer, sections.get(peer.public_key), most)
                for peer in peers[:_MAX_PEERS]
            ],
        }

    def _complaints(self) -> "list[str]":
        complaints = list(map(str, self._uci_config.complaints))
        left_out = self._interface.left_out
        # Those of the configuration have a complaint with their section.
        complaints += left_out.messages(self._uci_config.left_out)
        more = len(complaints) - _MAX_COMPLAINTS
        if more > 0:
            complaints[_MAX_COMPLAINTS:] = [f"{more} more; the log has all of them"]
        return complaints

    def history(self) -> "Table":
        """Return the rates of the last ten minutes by public key, the oldest first."""
        histories = {}
        for peer in self._interface.device.peers:
            rates = self._monitor.rates(peer.public_key)
            if rates:
                rx, tx = rates.history()
                histories[to_base64(peer.public_key)] = {"rx": rx, "tx": tx}
        return histories

    def _peer(self, peer: "Peer", section: "UciPeer | None", most: int) -> "Table":
        facts = self._interface.plane.facts(peer.id)
        rates = self._monitor.rates(peer.public_key)
        rx_rate, tx_rate = rates.last() if rates else (0, 0)
        endpoint = facts.endpoint.remote() if facts.endpoint else None
        code, text = diagnose(self._symptoms(peer, section))
        allowed_ips = list(self._interface.plane.allowed_ips(peer.id, most + 1))
        age = _age(peer.last_handshake_at)
        return {
            "public_key": to_base64(peer.public_key),
            "has_preshared_key": any(peer.preshared_key),
            **(_configured(section) if section else {}),
            "endpoint": format_endpoint(endpoint) if endpoint else "",
            "allowed_ips": list(map(format_allowed_ip, allowed_ips[:most])),
            "has_more_allowed_ips": len(allowed_ips) > most,
            "persistent_keepalive": peer.persistent_keepalive,
            "handshake_age": None if age is None else age // 1_000,
            "rx_bytes": facts.rx_bytes,
            "tx_bytes": facts.tx_bytes,
            "rx_rate": rx_rate,
            "tx_rate": tx_rate,
            "state": code,
            "reason": text,
        }

    def _symptoms(self, peer: "Peer", section: "UciPeer | None") -> Symptoms:
        reachability = self._interface.reachability(peer.public_key)
        symptoms = Symptoms()
        symptoms.up = self._interface.up
        symptoms.listen_error = self._interface.listen_error
        symptoms.handshake_age = _age(peer.last_handshake_at)
        symptoms.unresponsive = reachability.unresponsive
        symptoms.unanswered_initiations = peer.initiations_unanswered
        symptoms.host = (section.endpoint_host or "") if section else ""
        symptoms.lookup_error = self._uci_config.endpoints.lookup_error(peer.public_key)
        if reachability.endpoint:
            symptoms.endpoint = format_endpoint(reachability.endpoint)
        symptoms.recent_drops = self._monitor.recent_drops()
        symptoms.wall_time = clock.wall() // 1_000_000_000
        return symptoms


def _configured(section: "UciPeer") -> "Table":
    return {
        "section": section.section,
        "description": section.description or "",
        "endpoint_host": section.endpoint_host or "",
        "endpoint_port": section.endpoint_port,
        "route_allowed_ips": section.route_allowed_ips,
    }


def _age(boottime: int) -> int | None:
    return clock.boottime() - boottime if boottime else None
