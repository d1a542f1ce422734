"""A packet that cannot be sent is answered with ICMP host unreachable.

It comes from an address of the machine, and reaches senders behind it.
"""

from base64 import b64encode

import pytest

from tests.lab.host import Host
from tests.lab.topology import INSIDE, OUTSIDE, WIRE, Lab
from tests.lab.wait import becomes
from tests.lab.wireguard import WireGuard, bare

PEER_WITHOUT_ENDPOINT = b64encode(b"a" * 32).decode()
UNREACHABLE = {4: "10.0.0.9", 6: "fd00::9"}
# As ping(8) names host unreachable.
TEXTS = {4: "Destination Host Unreachable", 6: "Address unreachable"}
# Addresses of the LAN, and of the host in it.
LAN = {4: "192.168.1.1/24", 6: "fd11::1/64"}
LAN_HOST = {4: "192.168.1.2/24", 6: "fd11::2/64"}
MASQUERADE = """
table inet nat {{
    chain post {{
        type nat hook postrouting priority 100;
        oifname "{}" masquerade
    }}
}}
"""
BY_PLANE = pytest.mark.parametrize("implementation", ["pywgd", "pywgd-python"])
BY_VERSION = pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])


def error_of(host: Host, address: str) -> tuple[str, bool]:
    """Ping an address; return the source of the error, and whether it is expected."""
    result = host.run("ping", "-n", "-c1", "-W60", address, check=False)
    errors = [line for line in result.stdout.splitlines() if line.startswith("From ")]
    if not errors:
        return "", False
    text = TEXTS[6 if ":" in address else 4]
    return errors[0].split()[1].rstrip(":"), text in errors[0]


@pytest.fixture
def router(lab: Lab, implementation: str) -> WireGuard:
    """An interface without peers on a host without other addresses."""
    wireguard = WireGuard(lab.host("router"), implementation, INSIDE[0], OUTSIDE[0])
    return lab.enter_context(wireguard)


@BY_PLANE
@BY_VERSION
@pytest.mark.parametrize("peers", [0, 1], ids=["no-peer", "no-endpoint"])
def test_icmp_error_comes_from_the_address_of_the_interface(
    router: WireGuard, version: int, peers: int
) -> None:
    address = UNREACHABLE[version]
    if peers:
        router.set("peer", PEER_WITHOUT_ENDPOINT, "allowed-ips", address)
    assert error_of(router.host, address) == (router.address(version), True)


@BY_PLANE
@BY_VERSION
@pytest.mark.parametrize("masquerades", [False, True], ids=["routed", "masqueraded"])
def test_icmp_error_reaches_a_sender_in_the_lan(
    lab: Lab, router: WireGuard, version: int, masquerades: bool
) -> None:
    client = lab.host("client")
    router.host.forward_packets()
    router.host.wire(WIRE, client, WIRE)
    router.host.add_address(WIRE, LAN[version])
    client.add_address(WIRE, LAN_HOST[version])
    client.add_default_route(bare(LAN[version]))
    if masquerades:
        router.host.nft(MASQUERADE.format(router.name))
    # The sender of the masqueraded packet is the address of the interface.
    source = router.address(version) if masquerades else bare(LAN[version])
    assert error_of(client, UNREACHABLE[version]) == (source, True)


@BY_PLANE
def test_icmp_error_comes_from_a_primary_address_when_the_interface_has_none(
    router: WireGuard,
) -> None:
    router.host.remove_address(router.name, INSIDE[0][0])
    router.host.add_address("lo", "192.0.2.7/32")
    router.host.add_route("10.0.0.0/24", device=router.name)
    assert error_of(router.host, UNREACHABLE[4]) == ("192.0.2.7", True)


@BY_PLANE
def test_icmp_error_comes_from_the_dummy_address_in_another_namespace(
    lab: Lab, router: WireGuard
) -> None:
    there = lab.host("there")
    router.host.run("ip", "link", "set", router.name, "netns", there.name)
    there.add_address(router.name, INSIDE[0][0])
    there.up(router.name)
    assert becomes(lambda: error_of(there, UNREACHABLE[4]) == ("192.0.0.8", True))
