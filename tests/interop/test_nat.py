"""Persistent keepalives keep a NAT mapping open."""

import time

import pytest

from tests.lab.topology import WIRE, Lab, Tunnel
from tests.lab.wait import becomes
from tests.lab.wireguard import PORT, WireGuard

from .conftest import BY_PAIR

# Seconds. The long one tolerates a keepalive that is late by seconds. The short one
# expires well before the passive keepalive, 10 s after the last data.
LONG_MAPPING, SHORT_MAPPING = 5, 2
KEEPALIVE_SIZE = 32
MASQUERADE = """
table ip nat {
    chain out {
        type nat hook postrouting priority srcnat;
        oifname "wan" masquerade
    }
}
"""


def tunnel_through_nat(lab: Lab, pair: tuple[str, str], seconds: int) -> Tunnel:
    """Return a tunnel whose left end is behind a NAT router that removes a mapping
    after ``seconds``."""
    inside, router, outside = map(lab.host, ("inside", "router", "outside"))
    inside.wire(WIRE, router, "lan")
    router.wire("wan", outside, WIRE)
    inside.add_address(WIRE, "192.168.1.2/24")
    router.add_address("lan", "192.168.1.1/24")
    router.add_address("wan", "192.0.2.1/24")
    outside.add_address(WIRE, "192.0.2.2/24")
    inside.add_default_route("192.168.1.1")
    router.forward_packets()
    router.nft(MASQUERADE)
    for name in ("udp_timeout", "udp_timeout_stream"):
        router.sysctl(f"net.netfilter.nf_conntrack_{name}", seconds)
    left = WireGuard(inside, pair[0], ("10.0.0.1/24",))
    right = WireGuard(outside, pair[1], ("10.0.0.2/24",), {4: "192.0.2.2"})
    return Tunnel(lab.enter_context(left), lab.enter_context(right))


def received(tunnel: Tunnel) -> int:
    """Return the bytes that right has received from left."""
    return int(tunnel.right.show_peer("transfer", tunnel.left).split("\t")[0])


@pytest.mark.parametrize("pair", BY_PAIR)
def test_peer_behind_nat_is_reachable_with_persistent_keepalive(
    lab: Lab, pair: tuple[str, str]
) -> None:
    tunnel = tunnel_through_nat(lab, pair, LONG_MAPPING)
    tunnel.connect(4, "persistent-keepalive", "1")
    assert tunnel.left.pings(tunnel.right)
    assert tunnel.right.show_peer("endpoints", tunnel.left) != f"192.168.1.2:{PORT}"
    # One per second, for longer than a mapping lasts without them.
    enough = received(tunnel) + (LONG_MAPPING + 2) * KEEPALIVE_SIZE
    assert becomes(lambda: received(tunnel) >= enough)
    assert tunnel.right.pings(tunnel.left)


@pytest.mark.parametrize("pair", BY_PAIR)
def test_peer_behind_nat_is_unreachable_without_persistent_keepalive(
    lab: Lab, pair: tuple[str, str]
) -> None:
    tunnel = tunnel_through_nat(lab, pair, SHORT_MAPPING)
    tunnel.connect(4, "persistent-keepalive", "off")
    assert tunnel.left.pings(tunnel.right)
    assert tunnel.right.show_peer("endpoints", tunnel.left) != f"192.168.1.2:{PORT}"
    time.sleep(SHORT_MAPPING + 1)
    assert not tunnel.right.pings(tunnel.left, seconds=1)


def test_keepalive_is_sent_at_once_when_it_is_enabled(tunnel: Tunnel) -> None:
    tunnel.connect()
    assert tunnel.left.handshake_time(tunnel.right) == 0
    tunnel.left.set_peer(tunnel.right, "persistent-keepalive", "3600")
    assert becomes(lambda: tunnel.right.handshake_time(tunnel.left) > 0)
