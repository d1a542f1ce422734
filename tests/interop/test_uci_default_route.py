"""`pywgd --uci` with a default route through the tunnel, and without netifd."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.topology import INSIDE, Lab
from tests.lab.uci_router import UciRouter
from tests.lab.wait import DEADLINE, becomes
from tests.lab.wireguard import PORT, WireGuard

# Addresses of the provider's gateways, of the office, and of a host behind the office.
GATEWAYS = {4: ("10.77.1.1", "10.77.1.3"), 6: ("fd77:1::1", "fd77:1::3")}
OFFICE = {4: "192.0.2.2", 6: "2001:db8::2"}
BEHIND = {4: "198.51.100.7", 6: "2001:db8:7::7"}


class Site:
    """A router behind a provider, and an office that everything is routed to."""

    def __init__(self, lab: Lab, folder: Path, version: int) -> None:
        self.host, isp, office = (
            lab.host(name) for name in ("router", "isp", "office")
        )
        self.host.wire("eth1", isp, "eth1")
        isp.wire("eth2", office, "eth0")
        isp.forward_packets()
        for address in ("10.77.1.2/24", "fd77:1::2/64"):
            self.host.add_address("eth1", address)
        for family in (4, 6):
            length, network = (24, "192.0.2.1") if family == 4 else (64, "2001:db8::1")
            for gateway in GATEWAYS[family]:
                isp.add_address("eth1", f"{gateway}/{length}")
            isp.add_address("eth2", f"{network}/{length}")
            office.add_address("eth0", f"{OFFICE[family]}/{length}")
            office.add_address("lo", f"{BEHIND[family]}/{32 if family == 4 else 128}")
            office.add_default_route(network)
            self.host.add_default_route(GATEWAYS[family][0])
        shown = ("ip", "address")
        assert becomes(lambda: "tentative" not in self.host.run(*shown).stdout)
        self.office = lab.enter_context(WireGuard(office, "pywgd", INSIDE[1], OFFICE))
        self.router = UciRouter(self.host, folder)
        self.router.interface += [f"list addresses '{a}'" for a in INSIDE[0]]
        self.router.peers = [
            [
                f"option public_key '{self.office.public_key}'",
                f"option endpoint_host '{OFFICE[version]}'",
                f"option endpoint_port '{PORT}'",
                "option allowed_ips '0.0.0.0/0 ::/0'",
                "option route_allowed_ips '1'",
            ]
        ]
        allowed = "10.0.0.1,fd00::1"
        self.office.set("peer", self.router.public_key, "allowed-ips", allowed)

    def routes(self, destination: str = "") -> list[str]:
        """Return the routes of the main table, without those of the kernel."""
        lines = self.host.run("sh", "-c", "ip route; ip -6 route").stdout.splitlines()
        lines = [line for line in lines if "proto kernel" not in line]
        return [line for line in lines if line.startswith(f"{destination} ".lstrip())]

    def is_connected(self) -> bool:
        """Return whether hosts behind the office answer through the tunnel."""
        return all(self.host.reaches(address) for address in BEHIND.values())

    def kill(self) -> None:
        assert self.router.daemon
        self.router.daemon.send_signal(signal.SIGKILL)
        self.router.daemon.wait(DEADLINE)
        assert becomes(lambda: not self.host.has_link(self.router.name))


@pytest.fixture(params=[4, 6], ids=["ipv4", "ipv6"])
def version(request: pytest.FixtureRequest) -> int:
    """The IP version of the endpoint."""
    return int(request.param)


@pytest.fixture
def site(lab: Lab, tmp_path: Path, version: int) -> Iterator[Site]:
    site = Site(lab, tmp_path, version)
    yield site
    site.router.stop()


@pytest.mark.parametrize("killed", [False, True], ids=["ended", "killed"])
def test_default_route_of_the_machine_is_kept(site: Site, killed: bool) -> None:
    before = site.routes()
    default = site.routes("default")
    assert len(default) == 2
    site.router.start()
    assert site.is_connected()
    assert site.routes("default") == default
    if killed:
        site.kill()
        assert set(site.routes()) >= set(before)
        site.router.start()
        assert site.is_connected()
    assert site.router.stop() == 0
    assert site.routes() == before


def test_endpoint_stays_outside_when_the_default_route_changes(
    site: Site, version: int
) -> None:
    site.router.start()
    assert site.is_connected()
    old, new = GATEWAYS[version]
    (route,) = site.routes(OFFICE[version])
    assert f"via {old} dev eth1 proto 151" in route
    site.host.run("ip", "route", "replace", "default", "via", new)
    assert becomes(
        lambda: f"via {new} dev eth1 proto 151" in site.routes(OFFICE[version])[0]
    )
    assert site.is_connected()


def test_default_route_through_the_tunnel_is_removed_with_the_peer(site: Site) -> None:
    before = site.routes()
    site.router.start()
    assert site.is_connected()
    site.router.peers.clear()
    site.router.reload()
    assert becomes(lambda: site.routes() == before)


def test_routes_are_added_again_when_the_link_was_down(site: Site) -> None:
    site.router.start()
    assert site.is_connected()
    running = site.routes()
    site.host.run("ip", "link", "set", site.router.name, "down")
    site.host.run("ip", "link", "set", site.router.name, "up")
    assert becomes(lambda: site.routes() == running)
    assert site.is_connected()
