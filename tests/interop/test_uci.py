"""`pywgd --uci`: a configuration file and host names that change at run time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.daemon.endpoints.lookups import MAX_LOOKUPS
from tests.lab.nameserver import NameServer
from tests.lab.topology import INSIDE, OUTSIDE, WIRE, Lab
from tests.lab.uci_router import UciRouter
from tests.lab.wait import DEADLINE, becomes
from tests.lab.wireguard import PORT, WireGuard, new_key, public_key_of

NAME = "office.test"
UNUSED_ADDRESS = {4: "192.0.2.99", 6: "2001:db8::99"}
OFFICE_ADDRESS, OFFICE_ADDRESS_6 = "10.0.0.2", "fd00::2"
# Seconds. A new endpoint is tried 15 s after the last reply, then every 15 s; the rest
# is a reserve for slow machines.
FAILOVER_TIMEOUT = 180


class UciSetup:
    """A router under test, its name server, and a remote office as its peer."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        left, self.host = lab.wired_pair()
        self.names = lab.enter_context(NameServer(left))
        self.office = lab.enter_context(
            WireGuard(self.host, "pywgd", INSIDE[1], OUTSIDE[1])
        )
        self.router = UciRouter(left, folder)
        self.router.interface += [
            f"list addresses '{address}'" for address in INSIDE[0]
        ]
        self.router.peers.append(self.peer(NAME))
        allowed = "10.0.0.1,fd00::1"
        self.office.set("peer", self.router.public_key, "allowed-ips", allowed)

    def peer(self, host: str, *more: str) -> list[str]:
        """Return the UCI options of the office with the endpoint host ``host``."""
        return [
            f"option public_key '{self.office.public_key}'",
            f"option endpoint_host '{host}'",
            f"option endpoint_port '{PORT}'",
            "option allowed_ips '10.0.0.2 fd00::2'",
            *more,
        ]

    def unreachable_peer(self, host: str) -> list[str]:
        """Return the UCI options of a peer that never answers."""
        key = public_key_of(new_key())
        return [f"option public_key '{key}'", f"option endpoint_host '{host}'"]

    def is_connected(self, seconds: float = DEADLINE) -> bool:
        """Return whether the office answers with both IP versions in ``seconds``."""
        reaches = self.router.host.reaches
        addresses = (OFFICE_ADDRESS, OFFICE_ADDRESS_6)
        return becomes(
            lambda: all(reaches(address, seconds=1) for address in addresses), seconds
        )

    def handshake_time(self) -> str:
        return self.router.show("latest-handshakes").split()[1]


@pytest.fixture
def setup(lab: Lab, tmp_path: Path) -> Iterator[UciSetup]:
    setup = UciSetup(lab, tmp_path)
    yield setup
    setup.router.stop()


def test_peer_is_reachable_when_its_endpoint_is_a_host_name(setup: UciSetup) -> None:
    setup.names.records[NAME] = [OUTSIDE[1][4]]
    setup.router.start()
    assert setup.is_connected()
    assert setup.names.queries.count(NAME) == 2  # A and AAAA


def test_no_dns_query_is_sent_when_the_endpoint_is_an_address(setup: UciSetup) -> None:
    setup.router.peers = [setup.peer(OUTSIDE[1][6])]
    setup.router.start()
    assert setup.is_connected()
    assert not setup.names.queries


def test_24511_interface_stays_up_when_an_endpoint_does_not_resolve(
    setup: UciSetup,
) -> None:
    """https://github.com/openwrt/openwrt/issues/24511"""
    setup.router.peers = [
        setup.unreachable_peer("nowhere.test"),
        setup.peer(OUTSIDE[1][4]),
    ]
    setup.router.start()
    assert setup.is_connected()
    assert setup.router.said().count("'nowhere.test': Name or service not known") == 1


def test_peer_is_reachable_when_its_host_name_appears_later(setup: UciSetup) -> None:
    setup.router.start()
    assert becomes(lambda: NAME in setup.names.queries)
    assert not setup.is_connected(seconds=1)
    setup.names.records[NAME] = [OUTSIDE[1][4]]
    assert setup.is_connected()


def test_other_peers_are_reachable_when_the_name_server_does_not_answer(
    setup: UciSetup,
) -> None:
    setup.names.mute = True
    names = [f"dead{index}.test" for index in range(MAX_LOOKUPS + 2)]
    dead = [setup.unreachable_peer(name) for name in names]
    setup.router.peers = [*dead, setup.peer(OUTSIDE[1][4])]
    setup.router.start()
    assert setup.is_connected()
    assert becomes(lambda: set(names[:MAX_LOOKUPS]) <= set(setup.names.queries))
    assert names[-1] not in setup.names.queries
    setup.names.release(*names[:MAX_LOOKUPS])
    assert becomes(lambda: names[-1] in setup.names.queries)
    # Lookups are in progress; the daemon must exit without waiting for them.
    assert setup.router.stop() == 0


@pytest.mark.slow
def test_1129_peer_is_reachable_when_its_host_name_changes(setup: UciSetup) -> None:
    """https://github.com/openwrt/openwrt/pull/1129"""
    moved = "192.0.2.3"
    setup.names.records[NAME] = [OUTSIDE[1][4]]
    setup.router.start()
    assert setup.is_connected()
    setup.host.remove_address(WIRE, "192.0.2.2/24")
    setup.host.add_address(WIRE, f"{moved}/24")
    setup.names.records[NAME] = [moved]
    assert setup.is_connected(seconds=FAILOVER_TIMEOUT)
    assert f"{moved}:{PORT}" in setup.router.show("endpoints")


@pytest.mark.slow
def test_22116_other_ip_version_is_used_when_one_is_unreachable(
    setup: UciSetup,
) -> None:
    """https://github.com/openwrt/openwrt/issues/22116"""
    for dead, alive in ((6, 4), (4, 6)):
        setup.names.records[NAME] = [UNUSED_ADDRESS[dead], OUTSIDE[1][alive]]
        setup.router.start()
        assert setup.is_connected(seconds=FAILOVER_TIMEOUT)
        setup.router.stop()


def test_working_endpoint_is_kept_when_its_host_name_changes(setup: UciSetup) -> None:
    setup.names.records[NAME] = [OUTSIDE[1][4]]
    setup.router.start()
    assert setup.is_connected()
    asked = len(setup.names.queries)
    setup.names.records[NAME] = [UNUSED_ADDRESS[4]]
    setup.router.reload()
    assert not becomes(lambda: len(setup.names.queries) != asked, seconds=3)
    assert setup.is_connected()
    assert OUTSIDE[1][4] in setup.router.show("endpoints")


def test_8984_session_is_kept_when_other_peers_are_added_and_removed(
    setup: UciSetup,
) -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    setup.router.peers = [setup.peer(OUTSIDE[1][4])]
    setup.router.start()
    assert setup.is_connected()
    before = setup.handshake_time()
    setup.router.peers.append(setup.unreachable_peer(UNUSED_ADDRESS[4]))
    setup.router.reload()
    assert len(setup.router.show("peers").split()) == 2
    setup.router.peers.pop()
    setup.router.reload()
    assert len(setup.router.show("peers").split()) == 1
    assert setup.is_connected()
    assert setup.handshake_time() == before


def test_removed_peer_is_restored_when_the_configuration_is_reloaded(
    setup: UciSetup,
) -> None:
    setup.router.peers = [setup.peer(OUTSIDE[1][4])]
    setup.router.start()
    peer = ("peer", setup.office.public_key, "remove")
    setup.router.host.run("wg", "set", setup.router.name, *peer)
    setup.router.reload()
    assert setup.is_connected()


def test_roamed_endpoint_is_kept_when_the_configuration_is_reloaded(
    setup: UciSetup,
) -> None:
    setup.router.peers = [setup.peer(OUTSIDE[1][4])]
    setup.router.start()
    assert setup.is_connected()
    setup.host.remove_address(WIRE, "192.0.2.2/24")
    setup.host.add_address(WIRE, "192.0.2.3/24")
    assert setup.host.reaches("10.0.0.1")
    assert "192.0.2.3:" in setup.router.show("endpoints")
    setup.router.reload()
    assert "192.0.2.3:" in setup.router.show("endpoints")


def test_11086_peer_is_reachable_when_the_uplink_is_back(setup: UciSetup) -> None:
    """https://github.com/openwrt/openwrt/issues/11086"""
    setup.names.records[NAME] = [OUTSIDE[1][4]]
    setup.router.start()
    assert setup.is_connected()
    setup.router.host.down(WIRE)
    assert not setup.is_connected(seconds=1)
    setup.router.host.up(WIRE)
    assert setup.is_connected()


def test_endpoint_set_with_wg_is_used(setup: UciSetup) -> None:
    setup.names.records[NAME] = [UNUSED_ADDRESS[4]]
    setup.router.start()
    assert becomes(lambda: UNUSED_ADDRESS[4] in setup.router.show("endpoints"))
    endpoint = setup.office.endpoint(6)
    peer = ("peer", setup.office.public_key, "endpoint", endpoint)
    setup.router.host.run("wg", "set", setup.router.name, *peer)
    assert setup.is_connected()
    assert endpoint in setup.router.show("endpoints")
