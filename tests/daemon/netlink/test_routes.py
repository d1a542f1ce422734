"""Route lookups in the kernel, in network namespaces."""

import socket
from collections.abc import Iterator

import pytest

from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.daemon.netlink.routes import is_rerouted
from tests.dataplane.packets import address
from tests.lab.host import Host
from tests.lab.topology import OUTSIDE, WIRE, Lab


@pytest.fixture
def pair(lab: Lab) -> Iterator[Host]:
    """A host with two links, entered; only the first one leads to another host."""
    host, _ = lab.wired_pair()
    host.wire("eth1", lab.host("nowhere"), "eth1")
    host.add_address("eth1", "198.51.100.1/24")
    host.add_address("eth1", "2001:db8:1::1/64")
    with host.entered():
        yield host


# Destination, source, interface of the endpoint, and whether the route differs.
ROUTES = (
    ("192.0.2.2", "192.0.2.1", WIRE, False),
    ("192.0.2.2", "192.0.2.1", "eth1", True),
    ("192.0.2.2", "192.0.2.99", WIRE, True),
    ("192.0.2.2", "198.51.100.1", WIRE, False),
    ("198.51.100.2", "198.51.100.1", "eth1", False),
    ("203.0.113.1", "192.0.2.1", WIRE, True),
    ("127.0.0.1", "127.0.0.1", "lo", False),
    ("2001:db8::2", "2001:db8::1", WIRE, False),
    ("2001:db8::2", "2001:db8::1", "eth1", True),
    # Lookups of IPv6 do not check the source address.
    ("2001:db8::2", "2001:db8::99", WIRE, False),
    ("2001:db8:1::2", "2001:db8:1::1", "eth1", False),
    ("2001:db8:2::2", "2001:db8::1", WIRE, True),
)


def endpoint(destination: str, source: str, interface: str) -> Endpoint:
    index = socket.if_nametoindex(interface)
    return Endpoint(address(destination), 1, 0, address(source), index)


@pytest.mark.parametrize(("destination", "source", "interface", "rerouted"), ROUTES)
def test_route_of_a_source_is_compared_with_the_endpoint(
    pair: Host, destination: str, source: str, interface: str, rerouted: bool
) -> None:
    assert is_rerouted(endpoint(destination, source, interface), 0) is rerouted


@pytest.mark.parametrize("version", [4, 6])
def test_endpoint_is_rerouted_when_the_route_changes(pair: Host, version: int) -> None:
    there = OUTSIDE[1][version]
    known = endpoint(there, OUTSIDE[0][version], WIRE)
    assert not is_rerouted(known, 0)
    pair.add_route(f"{there}/{32 if version == 4 else 128}", device="eth1")
    assert is_rerouted(known, 0)


def test_lookup_uses_the_fwmark(pair: Host) -> None:
    pair.run("ip", "route", "add", "192.0.2.2", "dev", "eth1", "table", "7")
    pair.run("ip", "rule", "add", "fwmark", "7", "lookup", "7")
    known = endpoint("192.0.2.2", "192.0.2.1", WIRE)
    assert not is_rerouted(known, 0)
    assert is_rerouted(known, 7)


def test_link_local_endpoint_is_not_rerouted(pair: Host) -> None:
    pair.add_address(WIRE, "fe80::1/64")
    index = socket.if_nametoindex(WIRE)
    known = Endpoint(address("fe80::2"), 1, index, address("fe80::1"), index)
    assert not is_rerouted(known, 0)
