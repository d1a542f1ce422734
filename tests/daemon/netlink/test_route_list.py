"""Long lists of routes, a part with each tick."""

import json
from collections.abc import Iterator

import pytest

from pywg_embedded.control.address import parse_allowed_ip
from pywg_embedded.core.errors import ConfigError, Error
from pywg_embedded.daemon.netlink.route_list import RouteList
from pywg_embedded.dataplane import tun
from pywg_embedded.openwrt.uci_network import InterfaceConfig
from tests.lab.host import Host
from tests.lab.wireguard import unique_name

COUNT = 2_500


def prefixes(*texts: str) -> list[tuple[bytes, int]]:
    return [parse_allowed_ip(text) for text in texts]


class Link:
    """A host with a TUN device that is up."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.name = unique_name()
        with host.entered():
            self.tun = tun.create(self.name)
        host.up(self.name)
        self.routes = RouteList(self.tun)
        self.interface = InterfaceConfig(self.name)

    def replace(self, *texts: str) -> None:
        self.routes.replace(self.interface, prefixes(*texts))

    def tick(self, up: bool = True) -> None:
        with self.host.entered():
            self.routes.tick(up)

    def shown(self, family: int = 4, table: str = "main") -> set[str]:
        command = ("ip", f"-{family}", "-j", "route", "show", "table", table)
        found = self.host.run(*command, "dev", self.name, "proto", "151", check=False)
        return {route["dst"] for route in json.loads(found.stdout or "[]")}


@pytest.fixture
def link(host: Host) -> Iterator[Link]:
    link = Link(host)
    yield link
    link.tun.close()


def test_routes_are_added_and_removed_in_parts(link: Link) -> None:
    texts = [f"10.{n >> 8}.{n & 255}.0/24" for n in range(COUNT)]
    link.replace(*texts)
    sizes: list[int] = []
    while sizes[-1:] != [COUNT]:
        link.tick()
        sizes.append(len(link.shown()))
    assert sizes == [1_000, 2_000, COUNT]
    link.replace(*texts[:10], "fd00::/64")
    for _ in range(3):
        link.tick()
    assert link.shown() == set(texts[:10])
    assert link.shown(6) == {"fd00::/64"}


def test_routes_have_the_table_and_metric_of_the_interface(link: Link) -> None:
    link.interface.ip4table, link.interface.metric = "77", 5
    link.replace("10.1.0.0/16")
    link.tick()
    assert link.shown(table="77") == {"10.1.0.0/16"}
    assert "metric 5" in link.host.run("ip", "route", "show", "table", "77").stdout
    link.replace()
    link.tick()
    assert link.shown(table="77") == set()


def test_unknown_table_is_an_error(link: Link) -> None:
    link.interface.ip4table = "nonsense"
    with pytest.raises(ConfigError, match="unknown table nonsense; give its number"):
        link.replace("10.1.0.0/16")


def test_rejected_route_is_named_and_the_others_are_added(link: Link) -> None:
    wanted = [*prefixes("10.1.0.0/16", "10.2.0.0/16"), (b"\x0a\x03\0\1", 16)]
    link.routes.replace(link.interface, wanted)
    for _ in range(2):
        with pytest.raises(Error, match=r"route 10\.3\.0\.1/16: Invalid argument"):
            link.tick()
        assert link.shown() == {"10.1.0.0/16", "10.2.0.0/16"}
    link.replace("10.1.0.0/16")
    link.tick()
    assert link.shown() == {"10.1.0.0/16"}


def test_routes_return_when_the_link_was_down(link: Link) -> None:
    link.replace("10.1.0.0/16")
    link.tick()
    link.host.run("ip", "link", "set", link.name, "down")
    link.tick(up=False)
    assert link.shown() == set()
    link.host.up(link.name)
    link.tick()
    assert link.shown() == {"10.1.0.0/16"}


def test_route_of_another_program_stays(link: Link) -> None:
    link.host.add_route("10.1.0.0/16", device=link.name)
    link.replace("10.1.0.0/16")
    link.tick()
    link.replace()
    link.tick()
    assert "10.1.0.0/16" in link.host.run("ip", "route", "show").stdout
