"""Persistent keepalives hold a NAT mapping open for the outside to use."""

import time

import pytest

from tests.lab.topology import WIRE, Lab, Tunnel
from tests.lab.wait import becomes
from tests.lab.wireguard import PORT, WireGuard

from .conftest import BY_PAIR

MAPPING_SECONDS = 2
MASQUERADE = """
table ip nat {
    chain out {
        type nat hook postrouting priority srcnat;
        oifname "wan" masquerade
    }
}
"""


def tunnel_through_nat(lab: Lab, inner: str, outer: str) -> Tunnel:
    """Left is behind a router with a short memory, right is on the internet."""
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
        router.sysctl(f"net.netfilter.nf_conntrack_{name}", MAPPING_SECONDS)
    left = WireGuard(inside, inner, ("10.0.0.1/24",))
    right = WireGuard(outside, outer, ("10.0.0.2/24",), {4: "192.0.2.2"})
    return Tunnel(lab.enter_context(left), lab.enter_context(right))


@pytest.mark.parametrize(
    "keepalive, reached", [("1", True), ("off", False)], ids=["keepalive", "without"]
)
@pytest.mark.parametrize("pair", BY_PAIR)
def test_the_outside_reaches_in_only_while_keepalives_flow(
    lab: Lab, pair: tuple[str, str], keepalive: str, reached: bool
) -> None:
    tunnel = tunnel_through_nat(lab, *pair)
    tunnel.connect(4, "persistent-keepalive", keepalive)
    assert tunnel.left.pings(tunnel.right)
    assert tunnel.right.show_peer("endpoints", tunnel.left) != f"192.168.1.2:{PORT}"
    time.sleep(MAPPING_SECONDS + 1)
    assert tunnel.right.pings(tunnel.left, seconds=1) == reached


def test_a_keepalive_leaves_as_soon_as_it_is_switched_on(tunnel: Tunnel) -> None:
    tunnel.connect()
    assert tunnel.left.handshake_time(tunnel.right) == 0
    tunnel.left.set_peer(tunnel.right, "persistent-keepalive", "3600")
    assert becomes(lambda: tunnel.right.handshake_time(tunnel.left) > 0)
