"""Reports fit into a message of ubus, however large the tables are."""

import pytest

from pywg_embedded.core.config import InterfaceChange
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.openwrt.uci_config import UciConfig
from pywg_embedded.daemon.status.peer_monitor import PeerMonitor
from pywg_embedded.daemon.status.report import StatusReport
from pywg_embedded.dataplane.limits import Limits
from pywg_embedded.openwrt.blobmsg import pack_table
from pywg_embedded.openwrt.uci_network import WARNING, Complaint
from pywg_embedded.openwrt.uci_store import NetworkFile
from tests.control.support import change, peer_change

from ..conftest import MakeInterface

# What ubusd accepts in a message.
UBUS_MAX_MSGLEN = 1 << 20


class NoLink:
    """Configures no link."""

    def apply(self, configured: object) -> None:
        """Do nothing."""

    def update(self, routes_changed: bool) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def report_of(interface: Interface, complaints: int = 0) -> StatusReport:
    log = Log("wg0", "silent")
    uci_config = UciConfig(NetworkFile(), "wg0", interface, NoLink(), log)
    uci_config.complaints = [
        Complaint(WARNING, "wg0", "mtu", f"complaint {n}") for n in range(complaints)
    ]
    return StatusReport(interface, uci_config, PeerMonitor(interface, lambda *_: None))


def configuration(peers: int, allowed_ips: int) -> InterfaceChange:
    """Return a change with long IPv6 prefixes, all of the first peer."""
    ips = [f"2001:db8:1111:2222:3333:4444:5555:{n:x}/128" for n in range(allowed_ips)]
    first = peer_change(0, *ips)
    wanted = change(first, *(peer_change(0) for _ in range(peers - 1)))
    for index, peer in enumerate(wanted.peers, 1):
        peer.public_key = index.to_bytes(32, "big")
    return wanted


# Peers, allowed IPs, those in the report.
SIZES = [
    pytest.param(1, 10, 1, 10, False, id="all"),
    pytest.param(1, 4_000, 1, 4_000, False, id="allowed-ips-N"),
    pytest.param(1, 4_001, 1, 4_000, True, id="allowed-ips-N+1"),
    pytest.param(500, 9, 500, 8, True, id="peers-N"),
    pytest.param(501, 9, 500, 8, True, id="peers-N+1"),
    pytest.param(1_000, 30_000, 500, 8, True, id="many"),
]


@pytest.mark.parametrize(("peers", "ips", "peers_shown", "ips_shown", "more"), SIZES)
def test_status_fits_into_a_message(
    make_interface: MakeInterface,
    peers: int,
    ips: int,
    peers_shown: int,
    ips_shown: int,
    more: bool,
) -> None:
    interface = make_interface(Limits(peers, ips))
    assert not interface.configure(configuration(peers, ips))
    status = report_of(interface).status()
    assert status["used"] == {"peers": peers, "allowed_ips": ips}
    assert len(status["peers"]) == peers_shown
    first = status["peers"][0]
    assert len(first["allowed_ips"]) == ips_shown
    assert first["has_more_allowed_ips"] is more
    assert len(pack_table(status)) < UBUS_MAX_MSGLEN


def test_complaints_are_counted_when_there_are_many(
    make_interface: MakeInterface,
) -> None:
    interface = make_interface(Limits())
    complaints = report_of(interface, 64).status()["complaints"]
    assert len(complaints) == 64 and complaints[-1].endswith("complaint 63")
    complaints = report_of(interface, 30_000).status()["complaints"]
    assert len(complaints) == 65 and complaints[-1].startswith("29936 more")
