"""The link monitor, with notifications of the kernel in network namespaces."""

import select
from collections.abc import Iterator

import pytest

from pywg_embedded.daemon.netlink.link_monitor import LinkMonitor
from pywg_embedded.dataplane import tun
from pywg_embedded.dataplane.tun import Tun
from tests.lab.host import Host
from tests.lab.topology import WIRE, Lab
from tests.lab.wait import becomes

TUN = "tun0"
PATIENCE = 60_000
WAIT_NO_LONGER = 0


@pytest.fixture
def device(host: Host) -> Iterator[Tun]:
    with host.entered():
        device = tun.create(TUN)
    yield device
    device.close()


@pytest.fixture
def links(host: Host, device: Tun) -> Iterator[LinkMonitor]:
    with host.entered():
        links = LinkMonitor(device)
    yield links
    links.close()


def update(links: LinkMonitor) -> None:
    """Process the notifications of the kernel, then poll."""
    poll = select.poll()
    poll.register(links.descriptor(), select.POLLIN)
    timeout = PATIENCE
    while poll.poll(timeout):
        links.read()
        timeout = WAIT_NO_LONGER
    links.poll()


def set_mtu(host: Host, device: str, mtu: int) -> None:
    host.run("ip", "link", "set", device, "mtu", str(mtu))


def test_link_is_down_when_it_is_new(links: LinkMonitor, device: Tun) -> None:
    assert (device.name, links.up) == (TUN, False)
    assert links.mtu == 1500


def test_link_state_is_updated_when_the_link_changes(
    host: Host, links: LinkMonitor
) -> None:
    for change, up in ((host.up, True), (host.down, False), (host.up, True)):
        change(TUN)
        update(links)
        assert links.up is up


def test_mtu_is_updated_when_the_link_changes(host: Host, links: LinkMonitor) -> None:
    for mtu in (1280, 9000, 68):
        set_mtu(host, TUN, mtu)
        update(links)
        assert links.mtu == mtu


def test_state_is_unchanged_when_another_link_changes(
    host: Host, lab: Lab, links: LinkMonitor
) -> None:
    host.wire(WIRE, lab.host("other"), WIRE)
    set_mtu(host, WIRE, 1280)
    host.delete_link(WIRE)
    update(links)
    assert (links.up, links.mtu) == (False, 1500)


def test_link_is_gone_when_the_interface_is_deleted(
    host: Host, links: LinkMonitor
) -> None:
    host.up(TUN)
    host.delete_link(TUN)
    update(links)
    assert links.up is None


def test_link_is_polled_when_it_has_left_the_namespace(
    host: Host, lab: Lab, links: LinkMonitor
) -> None:
    away = lab.host("away")
    host.run("ip", "link", "set", TUN, "netns", away.name)
    update(links)
    assert links.up is False
    for change, up in ((away.up, True), (away.down, False), (away.delete_link, None)):
        change(TUN)
        links.poll()
        assert links.up is up


@pytest.mark.parametrize("name", ["stranger", TUN])
def test_state_is_unchanged_when_a_stranger_takes_the_index_of_a_moved_link(
    host: Host, lab: Lab, links: LinkMonitor, device: Tun, name: str
) -> None:
    away = lab.host("away")
    host.run("ip", "link", "set", TUN, "netns", away.name)
    away.up(TUN)
    update(links)
    peer = ("type", "veth", "peer", "name", "end")
    host.run("ip", "link", "add", name, "index", str(device.index), *peer)
    for change in (("up",), ("mtu", "1300"), ("down",)):
        host.run("ip", "link", "set", name, *change)
        update(links)
        assert (links.up, links.mtu, links.left) == (True, 1500, True)
    host.delete_link(name)
    update(links)
    assert (links.up, links.mtu, links.left) == (True, 1500, True)


def overflow(host: Host, last: str) -> None:
    """Cause more notifications than a netlink socket holds; the last one is lost."""
    batch = [f"link set {TUN} mtu {mtu}" for mtu in (1280, 1500)] * 1_000
    host.run("ip", "-batch", "-", stdin="\n".join((*batch, last)))


def test_state_is_read_again_when_notifications_were_lost(
    host: Host, links: LinkMonitor
) -> None:
    overflow(host, f"link set {TUN} up mtu 1300")
    update(links)
    assert (links.up, links.mtu) == (True, 1300)
    assert links.take_routes_changed()


def test_link_is_polled_when_it_left_while_notifications_were_lost(
    host: Host, lab: Lab, links: LinkMonitor
) -> None:
    away = lab.host("away")
    overflow(host, f"link set {TUN} netns {away.name}")
    update(links)
    for change, up in ((away.up, True), (away.down, False), (away.delete_link, None)):
        change(TUN)
        links.poll()
        assert links.up is up


# Commands of ip(8) on a host with the device of another link.
ROUTE_CHANGES = {
    "address": ("address", "add", "192.0.2.1/24", "dev", WIRE),
    "address-v6": ("-6", "address", "add", "2001:db8::1/64", "dev", WIRE),
    "route": ("route", "add", "198.51.100.0/24", "dev", WIRE),
    "route-v6": ("-6", "route", "add", "2001:db8:1::/64", "dev", WIRE),
    "rule": ("rule", "add", "fwmark", "7", "lookup", "7"),
    "rule-v6": ("-6", "rule", "add", "fwmark", "7", "lookup", "7"),
    "link": ("link", "set", WIRE, "down"),
}


@pytest.mark.parametrize("change", ROUTE_CHANGES)
def test_routes_are_changed_when_it_changes(
    host: Host, lab: Lab, links: LinkMonitor, change: str
) -> None:
    host.wire(WIRE, lab.host("there"), WIRE)
    # The link has its carrier when its IPv6 routes are complete.
    assert becomes(lambda: "fe80::" in host.run("ip", "-6", "route").stdout)
    links.read()
    while links.take_routes_changed():
        links.read()
    host.run("ip", *ROUTE_CHANGES[change])
    links.read()
    assert links.take_routes_changed()


def test_thousands_of_changed_routes_are_one_change(
    host: Host, links: LinkMonitor
) -> None:
    host.up("lo")
    routes = [
        f"route add 198.18.{n}.{m}/32 dev lo" for n in range(4) for m in range(256)
    ]
    host.run("ip", "-batch", "-", stdin="\n".join(routes))
    # Nothing to read until the next tick asks, and then a bounded amount.
    poll = select.poll()
    poll.register(links.descriptor(), select.POLLIN)
    assert not poll.poll(WAIT_NO_LONGER)
    assert links.take_routes_changed()
    assert not links.take_routes_changed()
