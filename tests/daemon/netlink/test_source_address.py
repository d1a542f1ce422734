"""The source address of handshakes, with a kernel in network namespaces."""

import socket
from collections.abc import Iterator

import pytest

from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.daemon.netlink.source_address import select_source
from tests.dataplane.packets import address
from tests.lab.host import Host
from tests.lab.topology import Lab

LAN = "eth1"
OTHER_LAN = "eth2"
UPLINK = "eth0"
TUNNEL = "wg0"
FAR = "2001:db8:f::2"


@pytest.fixture
def router(lab: Lab) -> Iterator[Host]:
    """A host with a TUN device, entered; its uplink has no address of its own."""
    host, elsewhere = lab.host("router"), lab.host("elsewhere")
    for device in (UPLINK, LAN, OTHER_LAN):
        host.wire(device, elsewhere, device)
    host.run("ip", "tuntap", "add", TUNNEL, "mode", "tun")
    host.up(TUNNEL)
    host.add_route("2001:db8::/32", device=UPLINK)
    with host.entered():
        yield host


# Addresses and their devices, the destination, and the selected source (empty: the
# choice of the kernel is right).
SOURCES = (
    ((("2001:db8:1::1", LAN),), FAR, ""),
    ((("2001:db8:1::1", LAN), ("2001:db8:f::1", TUNNEL)), FAR, "2001:db8:1::1"),
    ((("2001:db8:1::1", LAN), ("fd00::1", TUNNEL)), FAR, ""),
    # There is no better address.
    ((("2001:db8:f::1", TUNNEL),), FAR, ""),
    # The kernel selects the address of the uplink.
    ((("2001:db8:1::1", UPLINK), ("2001:db8:f::1", TUNNEL)), FAR, ""),
    # Of several, the one with the same label and the longest common prefix.
    (
        (
            ("2001:db8:1::1", LAN),
            ("2001:db8:e::1", OTHER_LAN),
            ("fd00::1", LAN),
            ("2001:db8:f::1", TUNNEL),
        ),
        FAR,
        "2001:db8:e::1",
    ),
    ((("fd00::1", LAN), ("2001:db8:f::1", TUNNEL)), FAR, "fd00::1"),
    # The route to the other end of the tunnel leads through the tunnel.
    ((("2001:db8:1::1", LAN), ("2001:db8:f::1/64", TUNNEL)), FAR, ""),
    # The destination is unreachable.
    ((("2001:db8:1::1", LAN), ("2001:db9::1", TUNNEL)), "2001:db9::2", ""),
)


@pytest.mark.parametrize(("addresses", "destination", "source"), SOURCES)
def test_tunnel_address_is_replaced_when_the_route_is_outside_of_it(
    router: Host, addresses: tuple[tuple[str, str], ...], destination: str, source: str
) -> None:
    for text, device in addresses:
        router.add_address(device, text if "/" in text else f"{text}/128")
    before = Endpoint(address(destination), 51820)
    after = select_source(before, 0)
    assert after.remote() == before.remote()
    assert after.source == (address(source) if source else b"")
    assert after.interface == (socket.if_nametoindex(UPLINK) if source else 0)


def test_deprecated_address_is_selected_last(router: Host) -> None:
    router.add_address(LAN, "2001:db8:1::1/128")
    # Without duplicate address detection: an address is not used until that ends.
    router.run(
        *("ip", "address", "add", "2001:db8:e::1/128", "dev", OTHER_LAN, "nodad"),
        *("preferred_lft", "0", "valid_lft", "forever"),
    )
    router.add_address(TUNNEL, "2001:db8:f::1/128")
    chosen = select_source(Endpoint(address(FAR), 51820), 0)
    assert chosen.source == address("2001:db8:1::1")
    router.run("ip", "address", "del", "2001:db8:1::1/128", "dev", LAN)
    chosen = select_source(Endpoint(address(FAR), 51820), 0)
    assert chosen.source == address("2001:db8:e::1")


# IPv4, a link-local endpoint, and an endpoint with a source.
UNTOUCHED = (
    Endpoint(address("192.0.2.2"), 1),
    Endpoint(address("fe80::1"), 1, scope=1),
    Endpoint(address(FAR), 1, 0, address("2001:db8:f::1"), 1),
)


@pytest.mark.parametrize("endpoint", UNTOUCHED, ids=["IPv4", "link-local", "source"])
def test_endpoint_is_unchanged_when_its_source_is_fixed(
    router: Host, endpoint: Endpoint
) -> None:
    router.add_address(LAN, "2001:db8:1::1/128")
    router.add_address(TUNNEL, "2001:db8:f::1/128")
    assert select_source(endpoint, 0) is endpoint
