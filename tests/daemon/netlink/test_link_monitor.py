"""The link monitor, with notifications of the kernel in network namespaces."""

import select
from collections.abc import Iterator

import pytest

from pywg_embedded.daemon.netlink.link_monitor import LinkMonitor
from pywg_embedded.dataplane import tun
from pywg_embedded.dataplane.tun import Tun
from tests.lab.host import Host
from tests.lab.topology import WIRE, Lab

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
    assert links.routes_changed


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


def test_routes_changed_is_set_when_an_address_changes(
    host: Host, links: LinkMonitor
) -> None:
    host.up(TUN)
    update(links)
    for change in (host.add_address, host.remove_address):
        links.routes_changed = False
        change(TUN, "192.0.2.1/24")
        update(links)
        assert links.routes_changed
