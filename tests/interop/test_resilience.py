"""Tunnels recover from failures of the outer network."""

import time

import pytest

from tests.lab.topology import PREFIX_LENGTH, WIRE, Lab, Tunnel
from tests.lab.wireguard import WireGuard

OUTAGE = 3


def keep_busy(tunnel: Tunnel, seconds: float) -> None:
    """Send traffic in both directions for ``seconds``; it may be lost."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tunnel.left.pings(tunnel.right, seconds=1)
        tunnel.right.pings(tunnel.left, seconds=1)


def test_tunnel_recovers_when_the_cable_was_unplugged(private_tunnel: Tunnel) -> None:
    private_tunnel.connect()
    assert private_tunnel.left.pings(private_tunnel.right)
    private_tunnel.left.host.down(WIRE)
    keep_busy(private_tunnel, OUTAGE)
    private_tunnel.left.host.up(WIRE)
    assert private_tunnel.left.pings(private_tunnel.right)


@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_tunnel_recovers_when_the_outer_address_was_removed(
    pywgd_tunnel: Tunnel, version: int
) -> None:
    address = f"{pywgd_tunnel.left.outside[version]}/{PREFIX_LENGTH[version]}"
    pywgd_tunnel.connect(version)
    assert pywgd_tunnel.left.pings(pywgd_tunnel.right)
    pywgd_tunnel.left.host.remove_address(WIRE, address)
    keep_busy(pywgd_tunnel, OUTAGE)
    pywgd_tunnel.left.host.add_address(WIRE, address)
    assert pywgd_tunnel.left.pings(pywgd_tunnel.right)


def test_tunnel_works_when_ipv6_is_disabled(lab: Lab) -> None:
    left, right = lab.wired_pair()
    ends = []
    for host, host_part in (left, 1), (right, 2):
        host.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        inside, outside = (f"10.0.0.{host_part}/24",), {4: f"192.0.2.{host_part}"}
        end = WireGuard(host, "pywgd", inside, outside)
        ends.append(lab.enter_context(end))
    Tunnel(*ends).connect()
    assert left.reaches(ends[1].address(4))


@pytest.mark.parametrize("implementation", ["pywgd", "pywgd-python"])
def test_transfer_counts_only_what_was_sent(lab: Lab, implementation: str) -> None:
    tunnel = lab.tunnel(implementation, "pywgd")
    tunnel.connect()
    left, right = tunnel.left, tunnel.right
    assert left.pings(right)
    left.host.down(WIRE)
    before = left.show_peer("transfer", right)
    left.host.run("ping", "-n", "-c3", "-i0.01", "-W1", right.address(4), check=False)
    assert left.show_peer("transfer", right) == before
    left.host.up(WIRE)
    assert left.pings(right)
    assert left.show_peer("transfer", right) != before
