"""Host routes in the kernel, and their record for the next daemon."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.control.address import parse_ip
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.netlink.host_routes import HostRoutes
from pywg_embedded.daemon.netlink.link_monitor import LinkMonitor
from pywg_embedded.daemon.netlink.route_record import RouteRecord
from pywg_embedded.dataplane import tun as tuntap
from pywg_embedded.openwrt.netifd import NextHop
from tests.lab.topology import Lab
from tests.lab.wait import becomes

PEER, PEER_6 = parse_ip("192.0.2.9"), parse_ip("2001:db8::9")
ROUTES = {
    PEER: NextHop("eth1", parse_ip("10.77.1.1")),
    PEER_6: NextHop("eth1", parse_ip("fd77:1::1")),
}


class Router:
    """A host with the uplink eth1, entered, and interfaces of pywg."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.host = lab.host("router")
        self.folder = folder
        self.logged: list[str] = []
        self.add_uplink()
        lab.enter_context(self.host.entered())

    def add_uplink(self) -> None:
        """Add the uplink, again with another index after it was deleted."""
        self.host.wire("eth1", self.lab.host("isp"), "eth0")
        self.host.add_address("eth1", "10.77.1.2/24")
        self.host.add_address("eth1", "fd77:1::2/64")

    def interface(self, name: str = "wg0") -> tuntap.Tun:
        """Create an interface, which is deleted at the end."""
        tun = tuntap.create(name)
        self.lab.callback(tun.close)
        return tun

    def routes(self, tun: tuntap.Tun) -> HostRoutes:
        """Return the host routes of a daemon that starts."""
        log = Log(tun.name, "warning", lambda _, text: self.logged.append(text))
        return HostRoutes(tun, log, str(self.folder))

    def listed(self) -> list[str]:
        """Return all routes to the two peers."""
        shown = self.host.run("ip", "route", "show", "192.0.2.9").stdout
        shown += self.host.run("ip", "-6", "route", "show", "2001:db8::9").stdout
        return [
            line.strip().removesuffix(" pref medium") for line in shown.splitlines()
        ]


def kill(path: Path) -> None:
    """Close the record without a clean-up, like the kernel when a daemon is killed."""
    for descriptor in os.listdir("/proc/self/fd"):
        link = Path(f"/proc/self/fd/{descriptor}")
        if link.is_symlink() and os.readlink(link) == str(path):
            os.close(int(descriptor))


@pytest.fixture
def router(lab: Lab, tmp_path: Path) -> Iterator[Router]:
    yield Router(lab, tmp_path)


def expected(tun: tuntap.Tun) -> list[str]:
    return [
        f"192.0.2.9 via 10.77.1.1 dev eth1 proto 151 metric {tun.index}",
        f"2001:db8::9 via fd77:1::1 dev eth1 proto 151 metric {tun.index}",
    ]


def test_routes_have_a_protocol_of_their_own(router: Router) -> None:
    tun = router.interface()
    routes = router.routes(tun)
    routes.sync(ROUTES)
    assert router.listed() == expected(tun)
    routes.close()
    assert router.listed() == []
    assert list(router.folder.iterdir()) == []
    assert router.logged == []


def test_routes_of_an_earlier_daemon_are_removed_at_the_start(router: Router) -> None:
    router.routes(router.interface()).sync(ROUTES)
    kill(router.folder / "wg0.routes")
    later = router.interface("wg1")
    later.name = "wg0"
    router.routes(later)
    assert router.listed() == []
    assert router.logged == []


def test_routes_of_another_interface_are_kept(router: Router) -> None:
    first, second = router.interface("wg0"), router.interface("wg1")
    router.routes(first).sync(ROUTES)
    kill(router.folder / "wg0.routes")
    kept = router.routes(second)
    kept.sync(ROUTES)
    router.routes(first)
    assert router.listed() == expected(second)
    kept.close()
    assert router.listed() == []


# The command that adds the route of another program, without "ip route add".
FOREIGN = (
    ("static", "192.0.2.9 via 10.77.1.3"),
    ("same-metric", "192.0.2.9 via 10.77.1.3 metric {metric}"),
    ("static-6", "2001:db8::9 via fd77:1::3"),
    ("same-metric-6", "2001:db8::9 via fd77:1::3 metric {metric}"),
)


@pytest.mark.parametrize(
    "route", [row[1] for row in FOREIGN], ids=[row[0] for row in FOREIGN]
)
@pytest.mark.parametrize("killed", [False, True], ids=["ended", "killed"])
def test_route_of_another_program_is_neither_replaced_nor_removed(
    router: Router, route: str, killed: bool
) -> None:
    tun = router.interface()
    words = route.format(metric=tun.index).split()
    router.host.run("ip", "route", "add", *words)
    before = router.listed()
    routes = router.routes(tun)
    for _ in range(2):
        routes.sync(ROUTES)
    if killed:
        kill(router.folder / "wg0.routes")
        router.routes(tun)
    else:
        routes.close()
    assert router.listed() == before
    refused = [line for line in router.logged if "File exists" in line]
    assert len(refused) == ("metric" in route)


def test_repeated_sync_causes_no_notification(router: Router) -> None:
    tun = router.interface()
    routes = router.routes(tun)
    routes.sync(ROUTES)
    # The end of duplicate address detection is notified as well.
    shown = ("ip", "address")
    assert becomes(lambda: "tentative" not in router.host.run(*shown).stdout)
    monitor = LinkMonitor(tun)
    for _ in range(3):
        routes.sync(ROUTES)
        assert not monitor.take_routes_changed()
    monitor.close()


def test_routes_are_added_again_when_the_device_is_another_one(router: Router) -> None:
    tun = router.interface()
    routes = router.routes(tun)
    routes.sync(ROUTES)
    router.host.delete_link("eth1")
    router.add_uplink()
    routes.sync(ROUTES)
    assert router.listed() == expected(tun)


def test_routes_are_added_when_they_cannot_be_recorded(router: Router) -> None:
    tun = router.interface()
    router.folder = router.folder / "file"
    router.folder.write_text("")
    routes = router.routes(tun)
    for _ in range(2):
        routes.sync(ROUTES)
    assert router.listed() == expected(tun)
    (said,) = router.logged
    assert "host routes will remain if the daemon is killed" in said
    routes.close()
    assert router.listed() == []


def test_each_route_is_recorded_before_it_is_added(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    tun = router.interface()
    routes = router.routes(tun)
    recorded: list[set[str]] = []

    def request(*_: object) -> None:
        recorded.append(set((router.folder / "wg0.routes").read_text().splitlines()))

    monkeypatch.setattr("pywg_embedded.daemon.netlink.messages.request", request)
    routes.sync({PEER: ROUTES[PEER]})
    routes.sync({PEER_6: ROUTES[PEER_6]})
    first = f"192.0.2.9/32 metric {tun.index} proto 151"
    second = f"2001:db8::9/128 metric {tun.index} proto 151"
    # Added, removed, added.
    assert recorded == [{first}, {first, second}, {first, second}]
    assert (router.folder / "wg0.routes").read_text() == f"{second}\n"


# The record.

KEYS = [((PEER, 32), 7), ((PEER_6, 128), 7)]
INVALID_LINES = (
    "", "x", "192.0.2.9/32", "192.0.2.9/32 metric x proto 151",
    "x/32 metric 7 proto 151", "192.0.2.9/32 metric 4294967296 proto 151",
    "192.0.2.9/33 metric 7 proto 151", "\xff \xff \xff \xff \xff",
)  # fmt: skip


def read(path: Path) -> list[object]:
    record = RouteRecord(str(path))
    found = list(record.routes())
    record.close()
    return list(found)


def test_record_is_read_by_the_next_daemon(tmp_path: Path) -> None:
    path = tmp_path / "run/wg0.routes"
    RouteRecord(str(path)).write(KEYS)
    kill(path)
    assert read(path) == KEYS


def test_record_of_a_running_daemon_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "wg0.routes"
    record = RouteRecord(str(path))
    record.write(KEYS)
    with pytest.raises(BlockingIOError):
        RouteRecord(str(path))
    assert len(path.read_text().splitlines()) == len(KEYS)
    record.close()


@pytest.mark.parametrize("line", INVALID_LINES, ids=range(len(INVALID_LINES)))
def test_malformed_line_of_the_record_is_ignored(tmp_path: Path, line: str) -> None:
    path = tmp_path / "wg0.routes"
    path.write_text(f"{line}\n192.0.2.9/32 metric 7 proto 151\n", "latin-1")
    assert read(path) == KEYS[:1]


def test_no_part_of_an_old_line_is_read_when_the_daemon_is_killed_in_a_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wg0.routes"
    record = RouteRecord(str(path))
    record.write(KEYS)
    with monkeypatch.context() as killed:
        killed.setattr(os, "ftruncate", lambda *_: None)
        record.write(KEYS[1:])
    kill(path)
    assert path.stat().st_size > len(f"{socket.inet_ntop(10, PEER_6)} metric 7")
    assert read(path) == KEYS[1:]
