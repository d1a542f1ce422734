"""News of links and routes from a real kernel, in network namespaces."""

import select
import socket
from collections.abc import Iterator

import pytest

from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.daemon.links import Links
from pywg_embedded.dataplane import tun
from pywg_embedded.dataplane.tun import Tun
from tests.dataplane.packets import address
from tests.lab.host import Host
from tests.lab.topology import OUTSIDE, WIRE, Lab

TUN = "tun0"
PATIENCE = 5_000
WAIT_NO_LONGER = 0


@pytest.fixture
def device(host: Host) -> Iterator[Tun]:
    with host.entered():
        device = tun.create(TUN)
    yield device
    device.close()


@pytest.fixture
def links(host: Host, device: Tun) -> Iterator[Links]:
    with host.entered():
        links = Links(device)
    yield links
    links.close()


def news(links: Links) -> None:
    """Take in what the kernel has just told, and what has to be looked for."""
    poll = select.poll()
    poll.register(links.descriptor(), select.POLLIN)
    timeout = PATIENCE
    while poll.poll(timeout):
        links.read()
        timeout = WAIT_NO_LONGER
    links.look()


def set_mtu(host: Host, device: str, mtu: int) -> None:
    host.run("ip", "link", "set", device, "mtu", str(mtu))


def test_a_new_interface_is_down_and_has_its_mtu(links: Links, device: Tun) -> None:
    assert (device.name, links.up) == (TUN, False)
    assert links.mtu == 1500


def test_the_link_is_followed(host: Host, links: Links) -> None:
    for change, up in ((host.up, True), (host.down, False), (host.up, True)):
        change(TUN)
        news(links)
        assert links.up is up


def test_the_mtu_is_followed(host: Host, links: Links) -> None:
    for mtu in (1280, 9000, 68):
        set_mtu(host, TUN, mtu)
        news(links)
        assert links.mtu == mtu


def test_other_links_are_not_ours(host: Host, lab: Lab, links: Links) -> None:
    host.wire(WIRE, lab.host("other"), WIRE)
    set_mtu(host, WIRE, 1280)
    host.delete_link(WIRE)
    news(links)
    assert (links.up, links.mtu) == (False, 1500)


def test_a_deleted_interface_is_gone(host: Host, links: Links) -> None:
    host.up(TUN)
    host.delete_link(TUN)
    news(links)
    assert links.up is None


def test_an_interface_is_followed_into_another_namespace(
    host: Host, lab: Lab, links: Links
) -> None:
    away = lab.host("away")
    host.run("ip", "link", "set", TUN, "netns", away.name)
    news(links)
    assert links.up is False
    for change, up in ((away.up, True), (away.down, False), (away.delete_link, None)):
        change(TUN)
        links.look()
        assert links.up is up


def test_news_that_were_lost_are_made_up_for(host: Host, links: Links) -> None:
    # More than a netlink socket holds.
    batch = [f"link set {TUN} mtu {mtu}" for mtu in (1280, 1500)] * 1_000
    host.run("ip", "-batch", "-", stdin="\n".join(batch))
    host.up(TUN)
    news(links)
    assert links.up is True
    assert links.routes_changed


def test_an_address_that_comes_or_goes_is_news(host: Host, links: Links) -> None:
    host.up(TUN)
    news(links)
    for change in (host.add_address, host.remove_address):
        links.routes_changed = False
        change(TUN, "192.0.2.1/24")
        news(links)
        assert links.routes_changed


# Where routes lead


@pytest.fixture
def pair(lab: Lab) -> Host:
    """A host with a wire to another, and a second wire nowhere."""
    host, _ = lab.wired_pair()
    host.wire("eth1", lab.host("nowhere"), "eth1")
    host.add_address("eth1", "198.51.100.1/24")
    host.add_address("eth1", "2001:db8:1::1/64")
    return host


@pytest.fixture
def routes(pair: Host) -> Iterator[Links]:
    with pair.entered():
        device = tun.create(TUN)
        links = Links(device)
        yield links
    links.close()
    device.close()


# Destination, source, the interface spoken to on, whether packets leave elsewhere.
ROUTES = (
    ("192.0.2.2", "192.0.2.1", WIRE, False),
    ("192.0.2.2", "192.0.2.1", "eth1", True),
    ("192.0.2.2", "192.0.2.99", WIRE, True),
    ("192.0.2.2", "198.51.100.1", WIRE, False),
    ("198.51.100.2", "198.51.100.1", "eth1", False),
    ("203.0.113.1", "192.0.2.1", WIRE, True),
    ("127.0.0.1", "127.0.0.1", "lo", False),
    ("2001:db8::2", "2001:db8::1", WIRE, False),
    ("2001:db8::2", "2001:db8::1", "eth1", True),
    # Whether IPv6 has the source address is found out by sending alone.
    ("2001:db8::2", "2001:db8::99", WIRE, False),
    ("2001:db8:1::2", "2001:db8:1::1", "eth1", False),
    ("2001:db8:2::2", "2001:db8::1", WIRE, True),
)


def endpoint(destination: str, source: str, interface: str) -> Endpoint:
    index = socket.if_nametoindex(interface)
    return Endpoint(address(destination), 1, 0, address(source), index)


@pytest.mark.parametrize("row", range(len(ROUTES)))
def test_where_packets_leave_is_asked_of_the_kernel(routes: Links, row: int) -> None:
    *known, elsewhere = ROUTES[row]
    assert routes.leads_elsewhere(endpoint(*known), 0) is elsewhere


@pytest.mark.parametrize("version", [4, 6])
def test_a_route_that_moves_leads_elsewhere(
    pair: Host, routes: Links, version: int
) -> None:
    there = OUTSIDE[1][version]
    known = endpoint(there, OUTSIDE[0][version], WIRE)
    assert not routes.leads_elsewhere(known, 0)
    pair.add_route(f"{there}/{32 if version == 4 else 128}", device="eth1")
    assert routes.leads_elsewhere(known, 0)


def test_marked_packets_have_routes_of_their_own(pair: Host, routes: Links) -> None:
    pair.run("ip", "route", "add", "192.0.2.2", "dev", "eth1", "table", "7")
    pair.run("ip", "rule", "add", "fwmark", "7", "lookup", "7")
    known = endpoint("192.0.2.2", "192.0.2.1", WIRE)
    assert not routes.leads_elsewhere(known, 0)
    assert routes.leads_elsewhere(known, 7)


def test_a_link_local_route_stays_on_its_link(pair: Host, routes: Links) -> None:
    pair.add_address(WIRE, "fe80::1/64")
    index = socket.if_nametoindex(WIRE)
    known = Endpoint(address("fe80::2"), 1, index, address("fe80::1"), index)
    assert not routes.leads_elsewhere(known, 0)
