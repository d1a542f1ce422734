"""Trouble in the network outside ends no tunnel."""

import time

import pytest

from tests.lab.topology import PREFIX_LENGTH, WIRE, Lab, Tunnel
from tests.lab.wireguard import WireGuard

OUTAGE = 3


def keep_busy(tunnel: Tunnel, seconds: float) -> None:
    """Traffic from both sides that may or may not arrive."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tunnel.left.pings(tunnel.right, seconds=1)
        tunnel.right.pings(tunnel.left, seconds=1)


def test_it_outlasts_a_cable_that_is_unplugged(own_tunnel: Tunnel) -> None:
    own_tunnel.connect()
    assert own_tunnel.left.pings(own_tunnel.right)
    own_tunnel.left.host.down(WIRE)
    keep_busy(own_tunnel, OUTAGE)
    own_tunnel.left.host.up(WIRE)
    assert own_tunnel.left.pings(own_tunnel.right)


@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_it_outlasts_a_time_without_an_address(
    our_tunnel: Tunnel, version: int
) -> None:
    address = f"{our_tunnel.left.outside[version]}/{PREFIX_LENGTH[version]}"
    our_tunnel.connect(version)
    assert our_tunnel.left.pings(our_tunnel.right)
    our_tunnel.left.host.remove_address(WIRE, address)
    keep_busy(our_tunnel, OUTAGE)
    our_tunnel.left.host.add_address(WIRE, address)
    assert our_tunnel.left.pings(our_tunnel.right)


def test_it_works_where_ipv6_is_switched_off(lab: Lab) -> None:
    left, right = lab.wired_pair()
    ends = []
    for host, number in (left, 1), (right, 2):
        host.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        inside, outside = (f"10.0.0.{number}/24",), {4: f"192.0.2.{number}"}
        end = WireGuard(host, "pywgd", inside, outside)
        ends.append(lab.enter_context(end))
    Tunnel(*ends).connect()
    assert left.reaches(ends[1].address(4))
