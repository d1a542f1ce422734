"""Addresses and routes of the link without netifd, in the kernel."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded import crypto
from pywg_embedded.control.address import parse_ip
from pywg_embedded.core.device import Device
from pywg_embedded.core.tai64n import TimestampGenerator
from pywg_embedded.daemon import clock
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.netlink.host_routes import HostRoutes
from pywg_embedded.daemon.netlink.link_config import LinkConfig
from pywg_embedded.daemon.netlink.link_monitor import LinkMonitor
from pywg_embedded.dataplane import reference
from pywg_embedded.dataplane import tun as tuntap
from pywg_embedded.dataplane.limits import Limits
from tests.lab.topology import Lab
from tests.lab.wait import becomes
from tests.openwrt.samples import interface_text, peer_text, read_well

ADDRESSES = "option addresses '10.9.0.1/24 fd09::1/64'"
ROUTED = "option route_allowed_ips '1'"
EVERYTHING = "option allowed_ips '0.0.0.0/0 ::/0'"
PEER, PEER_6 = "192.0.2.9", "2001:db8::9"


class Router:
    """A host with uplinks eth1 and eth2, entered, and an interface with two peers."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.host = lab.host("router")
        for index in (1, 2):
            self.host.wire(f"eth{index}", lab.host("isp"), "eth0")
            self.host.add_address(f"eth{index}", f"10.77.{index}.2/24")
            self.host.add_address(f"eth{index}", f"fd77:{index}::2/64")
        lab.enter_context(self.host.entered())
        self.tun = tuntap.create("wg0")
        lab.callback(self.tun.close)
        self.logged: list[str] = []
        log = Log("wg0", "warning", lambda _, text: self.logged.append(text))
        limits = Limits(peers=4, allowed_ips=8)
        self.plane = reference.Plane(self.tun.descriptor, limits, clock.boottime)
        device = Device(
            crypto, self.plane, TimestampGenerator(clock.wall), limits.peers
        )
        self.interface = Interface(device, self.plane, limits, log)
        lab.callback(self.interface.close)
        host_routes = HostRoutes(self.tun, log, str(folder))
        self.link = LinkConfig(self.interface, self.tun, host_routes, log)

    def apply(self, *sections: str) -> None:
        """Apply a configuration, and set the interface up like the main loop."""
        configured = read_well(*sections)
        change = configured.to_change()
        hosts = configured.endpoints()
        for peer in change.peers:
            if peer.public_key in hosts:
                address, port = hosts[peer.public_key]
                peer.endpoint = (parse_ip(address), port, 0)
        self.interface.configure(change)
        self.link.apply(configured)
        self.interface.set_up(True)
        self.link.update(routes_changed=False)

    def route_everything(self, *options: str, endpoint: str = PEER) -> None:
        """Apply a configuration with a peer that has all routes."""
        peer = (EVERYTHING, ROUTED, f"option endpoint_host '{endpoint}'")
        self.apply(interface_text(ADDRESSES, *options), peer_text(1, *peer))

    def routes(self, destination: str = "") -> list[str]:
        """Return the routes to a destination, or all, without those of the kernel."""
        shown = self.host.run("sh", "-c", "ip route; ip -6 route").stdout.splitlines()
        lines = [line.replace(" pref medium", "").strip() for line in shown]
        lines = [line for line in lines if "proto kernel" not in line]
        return [line for line in lines if line.startswith(f"{destination} ".lstrip())]


@pytest.fixture
def router(lab: Lab, tmp_path: Path) -> Iterator[Router]:
    yield Router(lab, tmp_path)


# The route of another program, and a prefix that is routed into the tunnel.
FOREIGN = (
    pytest.param("default via 10.77.1.1 dev eth1", "0.0.0.0/0", "", id="default"),
    pytest.param(
        "default via fd77:1::1 dev eth1 metric 1024", "::/0", "", id="default-6"
    ),
    pytest.param(
        "10.1.0.0/16 via 10.77.1.1 dev eth1", "10.1.0.0/16", "same metric", id="same"
    ),
    pytest.param(
        "fd01::/32 via fd77:1::1 dev eth1 metric 1024",
        "fd01::/32",
        "same metric",
        id="same-6",
    ),
    pytest.param(
        "0.0.0.0/1 via 10.77.1.1 dev eth1", "0.0.0.0/0", "same metric", id="half"
    ),
    pytest.param(
        "10.1.0.0/16 via 10.77.1.1 dev eth1 metric 7", "10.1.0.0/16", "", id="metric"
    ),
)


@pytest.mark.parametrize("foreign, prefix, complaint", FOREIGN)
def test_route_of_another_program_is_neither_replaced_nor_removed(
    router: Router, foreign: str, prefix: str, complaint: str
) -> None:
    router.host.run("ip", "route", "add", *foreign.split())
    before = router.routes()
    assert foreign in before
    peer = peer_text(1, ROUTED, f"option allowed_ips '{prefix}'")
    for _ in range(2):
        router.apply(interface_text(ADDRESSES), peer)
        router.link.update(routes_changed=True)
        assert foreign in router.routes()
    assert len([line for line in router.logged if "same metric" in line]) == (
        2 if complaint else 0
    )
    router.link.close()
    assert router.routes() == before


def test_address_is_removed_when_it_is_no_longer_configured(router: Router) -> None:
    def shown() -> str:
        return router.host.run("ip", "-o", "address", "show", "dev", "wg0").stdout

    router.apply(interface_text(ADDRESSES), peer_text(1))
    assert " 10.9.0.1/24 " in shown() and " fd09::1/64 " in shown()
    router.apply(interface_text("option addresses '10.9.0.2/24'"), peer_text(1))
    assert " 10.9.0.2/24 " in shown()
    assert "10.9.0.1" not in shown() and "fd09::1" not in shown()


def test_default_route_is_added_as_two_halves(router: Router) -> None:
    router.route_everything()
    for half in ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"):
        (route,) = router.routes(half)
        assert f"{half} dev wg0 proto 151" in route
    assert router.logged == []


def test_default_route_is_added_as_a_whole_with_a_metric(router: Router) -> None:
    router.route_everything("option metric '9'")
    assert router.routes("default") == [
        "default dev wg0 proto 151 scope link metric 9",
        "default dev wg0 proto 151 metric 9",
    ]


def test_no_host_route_is_added_when_nohostroute_is_set(router: Router) -> None:
    router.host.add_default_route("10.77.1.1")
    router.route_everything("option nohostroute '1'")
    assert router.routes(PEER) == []


def test_network_of_an_address_can_be_an_allowed_ip(router: Router) -> None:
    peer = peer_text(1, ROUTED, "option allowed_ips '10.9.0.0/24 fd09::/64'")
    for _ in range(2):
        router.apply(interface_text(ADDRESSES), peer)
    assert router.logged == []
    shown = router.host.run("ip", "route", "show", "10.9.0.0/24").stdout
    assert "dev wg0 proto kernel scope link src 10.9.0.1" in shown


# Routes without the tunnel, endpoint, the host route. {n} is the metric.
NEXT_HOPS = (
    pytest.param(["default via 10.77.1.1"], PEER, "via 10.77.1.1 dev eth1", id="ipv4"),
    pytest.param(
        ["default via fd77:1::1"], PEER_6, "via fd77:1::1 dev eth1", id="ipv6"
    ),
    pytest.param(
        ["default via 10.77.1.1 metric 20", "default via 10.77.2.1 metric 10"],
        PEER,
        "via 10.77.2.1 dev eth2",
        id="metric",
    ),
    pytest.param(
        ["default nexthop via 10.77.2.1 dev eth2 nexthop via 10.77.1.1 dev eth1"],
        PEER,
        "via 10.77.2.1 dev eth2",
        id="several-next-hops",
    ),
    pytest.param(
        ["default nexthop via fd77:2::1 dev eth2 nexthop via fd77:1::1 dev eth1"],
        PEER_6,
        "via fd77:2::1 dev eth2",
        id="several-next-hops-6",
    ),
    pytest.param(
        ["default via 203.0.113.1 dev eth1 onlink"],
        PEER,
        "via 203.0.113.1 dev eth1",
        id="onlink",
    ),
    pytest.param(
        ["0.0.0.0/0 via inet6 fd77:1::1 dev eth1"],
        PEER,
        "via inet6 fd77:1::1 dev eth1",
        id="gateway-of-ipv6",
    ),
    pytest.param(
        ["default via 10.77.1.1 src 10.77.2.2"],
        PEER,
        "via 10.77.1.1 dev eth1",
        id="source",
    ),
    pytest.param(["default dev eth1"], PEER, "dev eth1", id="device"),
    pytest.param([], "10.77.1.7", "", id="on-link"),
    pytest.param([], PEER, "", id="no-route"),
    pytest.param(["unreachable default", "default via 10.77.1.1 metric 9"],
        PEER, "", id="unreachable"),
    pytest.param(["default via 10.77.1.1 table 7"], PEER, "", id="other-table"),
)  # fmt: skip


@pytest.mark.parametrize("others, endpoint, expected", NEXT_HOPS)
def test_host_route_has_the_next_hop_without_the_tunnel(
    router: Router, others: list[str], endpoint: str, expected: str
) -> None:
    for route in others:
        router.host.run("ip", "route", "add", *route.split())
    router.route_everything(endpoint=endpoint)
    found = router.routes(endpoint)
    assert len(found) == bool(expected)
    for line in found:
        assert line.startswith(f"{endpoint} {expected} proto 151")
        assert line.endswith(f"metric {router.tun.index}") or "onlink" in line
        assert ("src 10.77.2.2" in line) == ("src" in others[0])
    for _ in range(2):
        router.link.update(routes_changed=True)
        assert router.routes(endpoint) == found
    router.link.close()
    assert router.routes(endpoint) == []
    assert router.logged == []


def test_host_route_has_the_next_hop_of_the_longest_prefix(router: Router) -> None:
    router.host.add_default_route("10.77.1.1")
    router.host.add_route("192.0.0.0/16", via="10.77.2.1")
    routed = ("option allowed_ips '192.0.2.0/24'", ROUTED)
    peer = peer_text(1, *routed, f"option endpoint_host '{PEER}'")
    router.apply(interface_text(ADDRESSES), peer)
    (route,) = router.routes(PEER)
    assert "via 10.77.2.1 dev eth2" in route


def test_host_route_has_the_next_hop_of_the_first_of_equal_routes(
    router: Router,
) -> None:
    # The kernel uses the first one, too.
    for verb, index in (("add", 2), ("append", 1)):
        hop = ("via", f"10.77.{index}.1", "dev", f"eth{index}")
        router.host.run("ip", "route", verb, "default", *hop)
    router.route_everything()
    (found,) = router.routes(PEER)
    assert found.startswith(f"{PEER} via 10.77.2.1 dev eth2")


def test_repeated_update_causes_no_notification(router: Router) -> None:
    router.host.add_default_route("10.77.1.1")
    router.host.add_default_route("fd77:1::1")
    router.route_everything()
    # The end of duplicate address detection is notified as well.
    shown = ("ip", "address")
    assert becomes(lambda: "tentative" not in router.host.run(*shown).stdout)
    monitor = LinkMonitor(router.tun)
    for _ in range(3):
        router.link.update(routes_changed=True)
        assert not monitor.take_routes_changed()
    monitor.close()


def test_all_is_added_again_after_a_link_was_down_and_up(router: Router) -> None:
    router.host.add_default_route("10.77.1.1")
    router.route_everything()
    shown = ("sh", "-c", "ip route; ip -6 route; ip address show dev wg0")
    before = router.host.run(*shown).stdout
    router.host.down("wg0")
    router.host.up("wg0")
    router.link.update(routes_changed=True)
    assert router.host.run(*shown).stdout == before


def test_addresses_and_routes_are_removed_from_a_device_that_remains(
    router: Router,
) -> None:
    before = router.host.run("ip", "address", "show", "dev", "wg0").stdout
    router.route_everything()
    descriptor = os.dup(router.tun.descriptor)
    router.link.close()
    os.close(descriptor)
    assert router.routes() == []
    router.host.down("wg0")
    assert router.host.run("ip", "address", "show", "dev", "wg0").stdout.count(
        "inet"
    ) == before.count("inet")
