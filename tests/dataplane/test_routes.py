"""Source addresses follow the routes, on a router with two uplinks."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from pywg_embedded.core.constants import UNDER_LOAD_BACKLOG
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.dataplane import events
from pywg_embedded.dataplane.limits import Limits
from tests.lab.topology import Lab
from tests.lab.wait import becomes

from .handshakes import cookie_reply, message
from .packets import address, sized
from .rig import MakePlane, RemoteSession, RemoteSocket, Rig

PEER = 0
PREFIX = "10.1.0.0/16"
VERSIONS = pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
# By IP version: the addresses of the uplinks, those of the gateways, and the remote.
HERE = {
    4: {"wan1": "192.0.2.1", "wan2": "198.51.100.1"},
    6: {"wan1": "2001:db8:1::1", "wan2": "2001:db8:2::1"},
}
GATEWAYS = {
    4: {"wan1": "192.0.2.254", "wan2": "198.51.100.254"},
    6: {"wan1": "2001:db8:1::ff", "wan2": "2001:db8:2::ff"},
}
REMOTE = {4: "203.0.113.1", 6: "2001:db8:f::1"}
LENGTHS = {4: 24, 6: 64}
SECOND = 1_000


class Router:
    """A host with the uplinks wan1, the default route, and wan2; and the far host."""

    def __init__(self, lab: Lab) -> None:
        self.host, self.far = lab.host("router"), lab.host("far")
        for uplink in ("wan1", "wan2"):
            self.host.wire(uplink, self.far, uplink)
            for version, length in LENGTHS.items():
                here, there = HERE[version][uplink], GATEWAYS[version][uplink]
                self.host.add_address(uplink, f"{here}/{length}")
                self.far.add_address(uplink, f"{there}/{length}")
        for remote in REMOTE.values():
            self.far.add_address("lo", f"{remote}/{128 if ':' in remote else 32}")
        # Until the carrier is up on both ends, IPv6 loses packets.
        for gateways in GATEWAYS.values():
            assert all(self.host.reaches(gateway) for gateway in gateways.values())
        self.route("wan1")

    def ip(self, *arguments: str) -> None:
        self.host.run("ip", *arguments)

    def route(self, uplink: str, *options: str) -> None:
        """Let the default routes lead through an uplink."""
        for version in (4, 6):
            via = ("default", "via", GATEWAYS[version][uplink], "dev", uplink)
            self.ip(f"-{version}", "route", "replace", *via, *options)


class Ends:
    """A plane on the router, and a remote peer that it has a session with."""

    def __init__(self, router: Router, make_plane: MakePlane, version: int) -> None:
        self.version = version
        self.router = router
        with router.host.entered():
            self.rig = Rig(make_plane, Limits())
        self.rig.remote.socket.close()
        with router.far.entered():
            self.rig.remote = RemoteSocket(REMOTE[version])
        self.rig.add_peer(PEER, PREFIX)
        self.end: RemoteSession = self.rig.session(PEER)
        self.rig.sent_data()

    def send_to(self, uplink: str) -> None:
        """Let the remote peer send to the address of an uplink."""
        self.send_to_address(self.here(uplink))

    def send_to_address(self, host: str) -> None:
        before = self.rig.plane.facts(PEER).rx_bytes
        self.rig.remote.send(self.end.seal(), self.rig.port, host=host)
        assert becomes(lambda: self._receives_more_than(before))

    def _receives_more_than(self, before: int) -> bool:
        self.rig.poll_once()
        received: int = self.rig.plane.facts(PEER).rx_bytes
        return received > before

    def source(self) -> str:
        """Return the source of the next packet that the plane sends."""
        self.rig.now += SECOND
        self.rig.write_tun(sized(48))
        (sent,) = self.rig.sent_datagrams()
        return sent.source[0]

    def here(self, uplink: str) -> str:
        return HERE[self.version][uplink]

    def endpoint(self, source: str, interface: str) -> Endpoint:
        """Return the endpoint of the remote, with a local address and interface."""
        with self.router.host.entered():
            index = socket.if_nametoindex(interface)
        remote, port, _ = self.rig.remote.endpoint().remote()
        return Endpoint(remote, port, 0, address(source), index)


@pytest.fixture
def router(lab: Lab) -> Router:
    return Router(lab)


@pytest.fixture(params=[4, 6], ids=["v4", "v6"])
def ends(
    router: Router, make_plane: MakePlane, request: pytest.FixtureRequest
) -> Iterator[Ends]:
    ends = Ends(router, make_plane, request.param)
    yield ends
    ends.rig.close()


def test_the_next_packet_has_the_new_source_when_the_default_route_changes(
    ends: Ends,
) -> None:
    ends.send_to("wan1")
    assert ends.source() == ends.here("wan1")
    for uplink in ("wan2", "wan1", "wan2", "wan1"):
        ends.router.route(uplink)
        assert ends.source() == ends.here(uplink)


def test_source_follows_the_route_when_the_peer_still_sends_to_the_former_uplink(
    ends: Ends,
) -> None:
    ends.send_to("wan1")
    for uplink, former in (("wan2", "wan1"), ("wan1", "wan2")) * 2:
        ends.router.route(uplink)
        # Sent before the peer has seen the new source.
        for _ in range(3):
            ends.send_to(former)
            assert ends.source() == ends.here(uplink)
        ends.send_to(uplink)
        assert ends.source() == ends.here(uplink)


def test_source_is_kept_when_unrelated_routes_change(ends: Ends) -> None:
    # Not what the kernel would choose.
    second = {4: "192.0.2.9", 6: "2001:db8:1::9"}[ends.version]
    ends.router.host.add_address("wan1", f"{second}/{LENGTHS[ends.version]}")
    ends.send_to_address(second)
    assert ends.source() == second
    ends.router.ip("route", "add", "198.18.0.0/15", "dev", "wan2")
    ends.router.ip("rule", "add", "to", "198.18.0.0/15", "lookup", "7")
    ends.router.ip("link", "set", "wan2", "mtu", "1400")
    assert ends.source() == second


# What changes on the router, whose default route leads through wan1, and through wan2
# with a greater metric.
CHANGES = {
    "route": ("-{0}", "route", "del", "default", "dev", "wan1", "metric", "10"),
    "better-route": (*("-{0}", "route", "add", "{1}", "via", "{2}", "dev", "wan2"),),
    "rule": ("-{0}", "rule", "add", "to", "{1}", "lookup", "7"),
    "rule-with-port": (
        *("-{0}", "rule", "add", "ipproto", "udp", "sport", "{3}", "lookup", "7"),
    ),
    "rule-with-mark": ("-{0}", "rule", "add", "fwmark", "9", "lookup", "7"),
    "link-down": ("link", "set", "wan1", "down"),
    "address": ("-{0}", "address", "flush", "dev", "wan1", "scope", "global"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_source_follows_the_route_when_it_changes_by(ends: Ends, change: str) -> None:
    version = ends.version
    router = ends.router
    for flag in (4, 6):
        router.ip(f"-{flag}", "route", "del", "default")
    router.route("wan1", "metric", "10")
    router.route("wan2", "metric", "20")
    via = ("via", GATEWAYS[version]["wan2"], "dev", "wan2")
    router.ip(f"-{version}", "route", "add", "default", *via, "table", "7")
    ends.rig.plane.set_fwmark(9)
    ends.send_to("wan1")
    assert ends.source() == ends.here("wan1")
    remote, gateway = REMOTE[version], GATEWAYS[version]["wan2"]
    command = [
        word.format(version, remote, gateway, ends.rig.port) for word in CHANGES[change]
    ]
    router.ip(*command)
    assert ends.source() == ends.here("wan2")


def test_source_is_set_again_when_the_route_returns(ends: Ends) -> None:
    second = {4: "192.0.2.9", 6: "2001:db8:1::9"}[ends.version]
    ends.router.host.add_address("wan1", f"{second}/{LENGTHS[ends.version]}")
    for _ in range(2):
        ends.send_to_address(second)
        assert ends.source() == second
        ends.router.route("wan2")
        assert ends.source() == ends.here("wan2")
        ends.router.route("wan1")
        ends.source()


def test_source_is_cleared_when_the_port_changes(ends: Ends) -> None:
    ends.send_to("wan1")
    assert ends.rig.plane.facts(PEER).endpoint.source
    with ends.router.host.entered():
        ends.rig.port = ends.rig.plane.listen(0)
    assert not ends.rig.plane.facts(PEER).endpoint.source
    # The routes of the new sockets are followed, too.
    for uplink in ("wan1", "wan2"):
        ends.router.route(uplink)
        ends.send_to("wan1")
        assert ends.source() == ends.here(uplink)


def test_source_is_cleared_when_the_mark_changes(ends: Ends) -> None:
    ends.send_to("wan1")
    assert ends.rig.plane.facts(PEER).endpoint.source
    ends.rig.plane.set_fwmark(5)
    assert not ends.rig.plane.facts(PEER).endpoint.source


def test_source_of_a_cookie_reply_follows_the_route(ends: Ends) -> None:
    rig, host = ends.rig, ends.here("wan1")
    rig.plane.expect_cookie(1)
    seen: list[Any] = []
    for _ in range(4 * UNDER_LOAD_BACKLOG):
        rig.remote.send(cookie_reply(1), rig.port, host=host)
    while len(seen) < 4 * UNDER_LOAD_BACKLOG:
        seen += rig.events(events.HANDSHAKE)
    rig.plane.set_cookie_secret(bytes(32), rig.now)
    for count, uplink in enumerate(("wan1", "wan2", "wan1")):
        ends.router.route(uplink)
        rig.remote.send(message(count), rig.port, host=host)
        rig.poll_once()
        assert rig.remote.receive().source[0] == ends.here(uplink)


# Source, interface, and whether the route of the source leads through the interface.
SOURCES = (
    pytest.param(4, "192.0.2.1", "wan1", True, id="v4-route"),
    pytest.param(4, "192.0.2.1", "wan2", False, id="v4-another-interface"),
    pytest.param(4, "192.0.2.99", "wan1", False, id="v4-no-such-address"),
    pytest.param(4, "198.51.100.1", "wan1", True, id="v4-address-of-another-link"),
    pytest.param(6, "2001:db8:1::1", "wan1", True, id="v6-route"),
    pytest.param(6, "2001:db8:1::1", "wan2", False, id="v6-another-interface"),
    # Lookups of IPv6 do not check the source address.
    pytest.param(6, "2001:db8:1::99", "wan1", True, id="v6-no-such-address"),
)


@pytest.mark.parametrize(("version", "source", "interface", "fits"), SOURCES)
def test_source_is_compared_with_its_route(
    router: Router,
    make_plane: MakePlane,
    version: int,
    source: str,
    interface: str,
    fits: bool,
) -> None:
    ends = Ends(router, make_plane, version)
    endpoint = ends.endpoint(source, interface)
    checked = ends.rig.plane.check_source(endpoint)
    assert checked.remote() == endpoint.remote()
    assert bool(checked.source) is fits
    ends.rig.close()


def test_source_is_cleared_when_the_endpoint_is_unreachable(
    router: Router, make_plane: MakePlane
) -> None:
    ends = Ends(router, make_plane, 4)
    router.ip("route", "del", "default")
    endpoint = ends.endpoint("192.0.2.1", "wan1")
    assert not ends.rig.plane.check_source(endpoint).source
    ends.rig.close()


def test_source_of_a_link_local_endpoint_fits_its_own_link(
    router: Router, make_plane: MakePlane
) -> None:
    ends = Ends(router, make_plane, 6)
    for uplink in ("wan1", "wan2"):
        router.host.add_address(uplink, "fe80::1/64")
    for uplink in ("wan1", "wan2"):
        with router.host.entered():
            index = socket.if_nametoindex(uplink)
        here = address("fe80::1")
        endpoint = Endpoint(address("fe80::2"), 1, index, here, index)
        assert ends.rig.plane.check_source(endpoint).source == here
    ends.rig.close()
