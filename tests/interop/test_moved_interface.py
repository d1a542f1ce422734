"""The interface is renamed, or moved to another network namespace, under netifd."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.netifd_router import OFFICE_ADDRESS, NetifdRouter
from tests.lab.topology import INSIDE, WIRE, Lab
from tests.lab.wait import becomes


@pytest.fixture
def router(lab: Lab, tmp_path: Path) -> Iterator[NetifdRouter]:
    router = NetifdRouter(lab, tmp_path)
    yield router
    router.stop()


def change_path_mtu(router: NetifdRouter, mtu: int) -> None:
    """Change the MTU of the uplink, and so that of the interface."""
    router.host.run("ip", "link", "set", WIRE, "mtu", str(mtu))
    router.change_routes()


def test_mtu_is_set_when_the_interface_was_renamed(router: NetifdRouter) -> None:
    daemon = router.start()
    router.host.down(router.name)
    router.host.run("ip", "link", "set", router.name, "name", "renamed")
    router.host.up("renamed")
    change_path_mtu(router, 1400)
    shown = router.host.run
    assert becomes(
        lambda: " mtu 1340 " in shown("ip", "link", "show", "renamed").stdout
    ), router.said()
    assert becomes(lambda: router.ubusd.calls[-1][2].get("ifname") == "renamed")
    assert router.is_connected()
    assert daemon.poll() is None


def test_daemon_continues_when_the_interface_was_moved(
    lab: Lab, router: NetifdRouter
) -> None:
    daemon = router.start()
    inner = lab.host("inner")
    router.host.run("ip", "link", "set", router.name, "netns", inner.name)
    # Another interface of the name must be left alone.
    router.host.wire(router.name, inner, "stranger")
    inner.add_address(router.name, INSIDE[0][0])
    inner.up(router.name)
    change_path_mtu(router, 1400)
    failure = f"{router.name}: MTU failed: No such device; will retry"
    assert becomes(lambda: failure in router.said())
    assert inner.reaches(OFFICE_ADDRESS)
    assert router.ubusd.call(router.object(), "status", {})[0] == 0
    stranger = router.host.run("ip", "link", "show", router.name).stdout
    assert " mtu 1500 " in stranger
    assert daemon.poll() is None
    assert router.said().count(failure) == 1
