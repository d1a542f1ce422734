"""The report of endpoints that are routed into the tunnel itself."""

from collections.abc import Iterator

import pytest

from pywg_embedded.control.address import parse_endpoint
from pywg_embedded.control.keys import to_base64
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.routing_loop import RoutingLoopMonitor
from pywg_embedded.dataplane import tun
from tests.control.support import change, key, peer_change
from tests.lab.host import Host

A, B, C = 1, 2, 3
LOOPING, OUTSIDE = "198.51.100.7:51820", "203.0.113.7:51820"
LOOPING6 = "[2001:db8:7::7]:51820"
LINK_LOCAL = "[fe80::7%1]:51820"
GENERIC = "datagrams of this interface are routed into it and dropped"


class Setup:
    """A monitor of an interface, with a TUN and routes in a network namespace."""

    def __init__(self, host: Host, interface: Interface, ifindex: int) -> None:
        self.host = host
        self.lines: list[str] = []
        self.rekeyed: list[bytes] = []
        self.interface = interface
        log = Log("tun0", "verbose", lambda _, text: self.lines.append(text))
        self._monitor = RoutingLoopMonitor(interface, ifindex, log)

    def tick(self, dropped: int = 0) -> list[str]:
        """Drop packets, run a tick, and return the lines of the log."""
        drops = self.interface.plane.drops
        drops["routing_loop"] = drops.get("routing_loop", 0) + dropped
        with self.host.entered():
            self._monitor.tick()
        self.lines, lines = [], self.lines
        return lines


@pytest.fixture
def setup(
    host: Host, interface: Interface, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Setup]:
    endpoints = {A: LOOPING, B: OUTSIDE, C: LOOPING6}
    for n, text in endpoints.items():
        interface.configure(change(peer_change(n, endpoint=parse_endpoint(text))))
    with host.entered():
        device = tun.create("tun0")
    host.add_address("tun0", "10.0.0.1/24")
    host.up("tun0")
    setup = Setup(host, interface, device.index)
    monkeypatch.setattr(interface, "rekey", setup.rekeyed.extend)
    yield setup
    device.close()


def lead_into_tunnel(setup: Setup, verb: str = "add") -> None:
    for version, prefix in ((4, "198.51.100.0/24"), (6, "2001:db8:7::/48")):
        route = ("ip", f"-{version}", "route", verb, prefix, "dev", "tun0")
        setup.host.run(*route)


def warning(n: int, endpoint: str) -> str:
    return (
        f"tun0: endpoint {endpoint} of peer {to_base64(key(n))} is routed into this "
        "interface: its packets are dropped; add a route to it through another "
        "interface"
    )


def test_loop_is_logged_once_with_the_peers_that_it_concerns(setup: Setup) -> None:
    lead_into_tunnel(setup)
    assert setup.tick() == []
    assert setup.tick(5) == [warning(A, LOOPING), warning(C, LOOPING6)]
    assert setup.tick(5) == setup.tick() == setup.tick(1) == []
    assert setup.rekeyed == []


def test_handshakes_begin_once_when_the_route_is_mended(setup: Setup) -> None:
    lead_into_tunnel(setup)
    setup.tick(5)
    lead_into_tunnel(setup, "del")
    # Some were dropped between the last tick and the end.
    (line,) = setup.tick(3)
    assert line.endswith("no longer routed into this interface")
    assert setup.rekeyed == [key(A), key(C)]
    assert setup.tick() == setup.tick() == []
    assert setup.rekeyed == [key(A), key(C)]


def test_second_loop_is_logged_again_only_when_it_concerns_another_peer(
    setup: Setup,
) -> None:
    lead_into_tunnel(setup)
    setup.tick(5)
    lead_into_tunnel(setup, "del")
    setup.tick()
    lead_into_tunnel(setup)
    assert setup.tick(1) == []  # within an hour
    lead_into_tunnel(setup, "del")
    setup.tick()
    setup.host.run("ip", "route", "add", "203.0.113.0/24", "dev", "tun0")
    assert setup.tick(1) == [warning(B, OUTSIDE)]


def test_loop_is_logged_without_peers_when_no_route_lookup_shows_it(
    setup: Setup,
) -> None:
    (line,) = setup.tick(5)
    assert GENERIC in line
    assert setup.tick(5) == []
    (line,) = setup.tick()
    assert line.endswith("no longer routed into this interface")
    assert setup.rekeyed == []


def test_mark_is_used_for_the_route_lookup(setup: Setup) -> None:
    setup.interface.configure(change(fwmark=0x1234))
    setup.host.run(*["ip", "route", "add", "default", "dev", "tun0", "table", "100"])
    setup.host.run(*["ip", "rule", "add", "fwmark", "0x1234", "lookup", "100"])
    assert setup.tick(5) == [warning(A, LOOPING), warning(B, OUTSIDE)]


def test_removed_peer_ends_its_loop(setup: Setup) -> None:
    lead_into_tunnel(setup)
    setup.tick(5)
    for n in (A, C):
        setup.interface.configure(change(peer_change(n, remove=True)))
    (line,) = setup.tick()
    assert line.endswith("no longer routed into this interface")


def test_link_local_endpoint_is_not_looked_up(setup: Setup) -> None:
    endpoint = parse_endpoint(LINK_LOCAL, int)
    setup.interface.configure(change(peer_change(A, endpoint=endpoint)))
    setup.host.run("ip", "-6", "route", "add", "default", "dev", "tun0")
    assert setup.tick(5) == [warning(C, LOOPING6)]
