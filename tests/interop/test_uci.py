"""`pywgd --uci`: configured by a file, its peers by names, and both may change."""

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
NOBODY = {4: "192.0.2.99", 6: "2001:db8::99"}
OFFICE_ADDRESS, OFFICE_ADDRESS_6 = "10.0.0.2", "fd00::2"
# From silence to an answer elsewhere takes 15 s to notice, then as long for each
# address; the rest is for a slow machine.
PATIENCE = 180


class World:
    """A router of ours, and an office that its name server may or may not know."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        left, self.host = lab.wired_pair()
        self.names = lab.enter_context(NameServer(left))
        self.office = lab.enter_context(
            WireGuard(self.host, "pywgd", INSIDE[1], OUTSIDE[1])
        )
        self.router = UciRouter(left, folder)
        self.router.interface += [f"list addresses '{one}'" for one in INSIDE[0]]
        self.router.peers.append(self.peer(NAME))
        allowed = "10.0.0.1,fd00::1"
        self.office.set("peer", self.router.public_key, "allowed-ips", allowed)

    def peer(self, host: str, *more: str) -> list[str]:
        """The section of the office, said to be at ``host``."""
        return [
            f"option public_key '{self.office.public_key}'",
            f"option endpoint_host '{host}'",
            f"option endpoint_port '{PORT}'",
            "option allowed_ips '10.0.0.2 fd00::2'",
            *more,
        ]

    def stranger(self, host: str) -> list[str]:
        """The section of a peer that never answers."""
        key = public_key_of(new_key())
        return [f"option public_key '{key}'", f"option endpoint_host '{host}'"]

    def linked(self, seconds: float = DEADLINE) -> bool:
        """Whether the office answers within so long; a ping ends at the first error."""
        reaches = self.router.host.reaches
        both = (OFFICE_ADDRESS, OFFICE_ADDRESS_6)
        return becomes(lambda: all(reaches(one, seconds=1) for one in both), seconds)

    def handshake_at(self) -> str:
        return self.router.show("latest-handshakes").split()[1]


@pytest.fixture
def world(lab: Lab, tmp_path: Path) -> Iterator[World]:
    world = World(lab, tmp_path)
    yield world
    world.router.stop()


def test_a_name_leads_to_the_peer(world: World) -> None:
    world.names.records[NAME] = [OUTSIDE[1][4]]
    world.router.start()
    assert world.linked()
    assert world.names.asked.count(NAME) == 2  # A and AAAA


def test_a_literal_address_asks_no_name_server(world: World) -> None:
    world.router.peers = [world.peer(OUTSIDE[1][6])]
    world.router.start()
    assert world.linked()
    assert not world.names.asked


def test_24511_an_unresolvable_endpoint_does_not_take_the_interface_down(
    world: World,
) -> None:
    """https://github.com/openwrt/openwrt/issues/24511"""
    world.router.peers = [world.stranger("nowhere.test"), world.peer(OUTSIDE[1][4])]
    world.router.start()
    assert world.linked()
    assert world.router.said().count("'nowhere.test': Name or service not known") == 1


def test_a_name_that_exists_later_is_found_by_itself(world: World) -> None:
    world.router.start()
    assert becomes(lambda: NAME in world.names.asked)
    assert not world.linked(seconds=1)
    world.names.records[NAME] = [OUTSIDE[1][4]]
    assert world.linked()


def test_a_dead_name_server_keeps_nobody_waiting(world: World) -> None:
    world.names.mute = True
    names = [f"dead{number}.test" for number in range(MAX_LOOKUPS + 2)]
    dead = [world.stranger(name) for name in names]
    world.router.peers = [*dead, world.peer(OUTSIDE[1][4])]
    world.router.start()
    assert world.linked()
    assert becomes(lambda: set(names[:MAX_LOOKUPS]) <= set(world.names.asked))
    assert names[-1] not in world.names.asked
    world.names.release(*names[:MAX_LOOKUPS])
    assert becomes(lambda: names[-1] in world.names.asked)
    # Lookups are under way, and must not be waited for.
    assert world.router.stop() == 0


@pytest.mark.slow
def test_1129_a_name_that_leads_elsewhere_is_followed(world: World) -> None:
    """https://github.com/openwrt/openwrt/pull/1129"""
    moved = "192.0.2.3"
    world.names.records[NAME] = [OUTSIDE[1][4]]
    world.router.start()
    assert world.linked()
    world.host.remove_address(WIRE, "192.0.2.2/24")
    world.host.add_address(WIRE, f"{moved}/24")
    world.names.records[NAME] = [moved]
    assert world.linked(seconds=PATIENCE)
    assert f"{moved}:{PORT}" in world.router.show("endpoints")


@pytest.mark.slow
def test_22116_a_family_that_leads_nowhere_is_left_for_the_other(world: World) -> None:
    """https://github.com/openwrt/openwrt/issues/22116"""
    for dead, alive in ((6, 4), (4, 6)):
        world.names.records[NAME] = [NOBODY[dead], OUTSIDE[1][alive]]
        world.router.start()
        assert world.linked(seconds=PATIENCE)
        world.router.stop()


def test_a_name_that_changes_does_not_disturb_a_link_that_works(world: World) -> None:
    world.names.records[NAME] = [OUTSIDE[1][4]]
    world.router.start()
    assert world.linked()
    asked = len(world.names.asked)
    world.names.records[NAME] = [NOBODY[4]]
    world.router.reload()
    assert not becomes(lambda: len(world.names.asked) != asked, seconds=3)
    assert world.linked()
    assert OUTSIDE[1][4] in world.router.show("endpoints")


def test_8984_peers_come_and_go_and_no_other_session_is_dropped(world: World) -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    world.router.peers = [world.peer(OUTSIDE[1][4])]
    world.router.start()
    assert world.linked()
    before = world.handshake_at()
    world.router.peers.append(world.stranger(NOBODY[4]))
    world.router.reload()
    assert len(world.router.show("peers").split()) == 2
    world.router.peers.pop()
    world.router.reload()
    assert len(world.router.show("peers").split()) == 1
    assert world.linked()
    assert world.handshake_at() == before


def test_a_peer_removed_by_hand_is_back_where_it_was_on_reload(world: World) -> None:
    world.router.peers = [world.peer(OUTSIDE[1][4])]
    world.router.start()
    peer = ("peer", world.office.public_key, "remove")
    world.router.host.run("wg", "set", world.router.name, *peer)
    world.router.reload()
    assert world.linked()


def test_a_peer_that_roamed_is_left_there_on_reload(world: World) -> None:
    world.router.peers = [world.peer(OUTSIDE[1][4])]
    world.router.start()
    assert world.linked()
    world.host.remove_address(WIRE, "192.0.2.2/24")
    world.host.add_address(WIRE, "192.0.2.3/24")
    assert world.host.reaches("10.0.0.1")
    assert "192.0.2.3:" in world.router.show("endpoints")
    world.router.reload()
    assert "192.0.2.3:" in world.router.show("endpoints")


def test_11086_the_link_is_back_when_the_uplink_is(world: World) -> None:
    """https://github.com/openwrt/openwrt/issues/11086"""
    world.names.records[NAME] = [OUTSIDE[1][4]]
    world.router.start()
    assert world.linked()
    world.router.host.down(WIRE)
    assert not world.linked(seconds=1)
    world.router.host.up(WIRE)
    assert world.linked()


def test_numbers_set_by_hand_go_on_to_count(world: World) -> None:
    world.names.records[NAME] = [NOBODY[4]]
    world.router.start()
    assert becomes(lambda: NOBODY[4] in world.router.show("endpoints"))
    endpoint = world.office.endpoint(6)
    peer = ("peer", world.office.public_key, "endpoint", endpoint)
    world.router.host.run("wg", "set", world.router.name, *peer)
    assert world.linked()
    assert endpoint in world.router.show("endpoints")
