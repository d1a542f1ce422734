"""A router with two uplinks, whose providers drop packets with a foreign source."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.lab.host import Host
from tests.lab.topology import INSIDE, Lab, Tunnel
from tests.lab.wait import becomes
from tests.lab.wireguard import PORT, WireGuard, at

PEER = {4: "203.0.113.1", 6: "2001:db8:f::1"}
# By uplink and IP version: the address of the router, and that of the provider.
UPLINKS = {
    "wan1": {
        4: ("192.0.2.1", "192.0.2.254"),
        6: ("2001:db8:1::1", "2001:db8:1::ff"),
    },
    "wan2": {
        4: ("198.51.100.1", "198.51.100.254"),
        6: ("2001:db8:2::1", "2001:db8:2::ff"),
    },
}
LENGTHS = {4: 24, 6: 64}
# Ingress filtering (BCP 38) of both providers.
FILTER = """
table inet providers {
  chain input {
    type filter hook input priority 0;
    iifname "wan1" ip saddr 198.51.100.0/24 drop
    iifname "wan2" ip saddr 192.0.2.0/24 drop
    iifname "wan1" ip6 saddr 2001:db8:2::/64 drop
    iifname "wan2" ip6 saddr 2001:db8:1::/64 drop
  }
}
"""


def use(router: Host, uplink: str) -> None:
    """Let the default routes of the router lead through an uplink."""
    for version, (_, provider) in UPLINKS[uplink].items():
        route = ("default", "via", provider, "dev", uplink)
        router.run("ip", f"-{version}", "route", "replace", *route)


@pytest.fixture(
    params=["pywgd", "pywgd-two-threads", "pywgd-python"],
)
def tunnel(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Tunnel]:
    """A peer as left, which has one address, and the router as right."""
    peer, router = lab.host("peer"), lab.host("router")
    for uplink, addresses in UPLINKS.items():
        router.wire(uplink, peer, uplink)
        for version, (address, provider) in addresses.items():
            router.add_address(uplink, f"{address}/{LENGTHS[version]}")
            peer.add_address(uplink, f"{provider}/{LENGTHS[version]}")
    for address in PEER.values():
        peer.add_address("lo", f"{address}/{128 if ':' in address else 32}")
    for uplink, addresses in UPLINKS.items():
        for version, (address, _) in addresses.items():
            route = (f"{address}/{128 if version == 6 else 32}", "dev", uplink)
            peer.run("ip", "route", "add", *route, "src", PEER[version])
    peer.nft(FILTER)
    use(router, "wan1")
    outside = {version: here for version, (here, _) in UPLINKS["wan1"].items()}
    left = WireGuard(peer, "pywgd", INSIDE[0], PEER)
    right = WireGuard(router, request.param, INSIDE[1], outside)
    yield Tunnel(lab.enter_context(left), lab.enter_context(right))


def is_at(tunnel: Tunnel, address: str) -> bool:
    """Return whether the peer knows the router at this address."""
    return tunnel.left.show_peer("endpoints", tunnel.right) == at(address, PORT)


@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_session_continues_when_the_default_route_changes(
    tunnel: Tunnel, version: int
) -> None:
    left, right = tunnel.left, tunnel.right
    tunnel.connect(version)
    assert left.pings(right)
    session = left.handshake_time(right)
    for uplink in ("wan2", "wan1") * 3:
        use(right.host, uplink)
        # The peer sends to the former uplink until the router has sent something.
        assert left.host.reaches(right.address(4))
        assert right.host.reaches(left.address(6))
        assert becomes(partial(is_at, tunnel, UPLINKS[uplink][version][0]))
    assert left.handshake_time(right) == session


@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_response_leaves_by_the_route_when_the_peer_calls_another_uplink(
    tunnel: Tunnel, version: int
) -> None:
    left, right = tunnel.left, tunnel.right
    for uplink in ("wan2", "wan1", "wan2"):
        use(right.host, uplink)
        # The peer knows the address of wan1 alone.
        tunnel.connect(version)
        assert left.host.reaches(right.address(4))
        assert right.host.reaches(left.address(6))
        assert is_at(tunnel, UPLINKS[uplink][version][0])
