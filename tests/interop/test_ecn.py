"""DSCP and ECN of the inner and outer headers (RFC 6040)."""

from collections.abc import Iterator

import pytest

from tests.lab.capture import Packet, capture
from tests.lab.topology import WIRE, Lab, Tunnel
from tests.lab.wait import DEADLINE

INITIATION, RESPONSE, TRANSPORT = 1, 2, 4
AF41 = 0x88
NOT_ECT, ECT1, ECT0, CE = 0, 1, 2, 3
EF = 0xB8
# The payload size of the captured ping; pings that were staged before are smaller.
PING_SIZE = 300

# (inner TOS, outer TOS): ECN is copied to the outer header, DSCP is not.
ENCAPSULATION = [
    (NOT_ECT, NOT_ECT),
    (ECT1, ECT1),
    (ECT0, ECT0),
    (CE, CE),
    (EF | NOT_ECT, NOT_ECT),
    (EF | ECT0, ECT0),
]
# (inner ECN on arrival, outer ECN on arrival, delivered ECN or None if dropped)
DECAPSULATION = [
    (NOT_ECT, "not-ect", NOT_ECT),
    (NOT_ECT, "ect0", NOT_ECT),
    (NOT_ECT, "ect1", NOT_ECT),
    (NOT_ECT, "ce", None),
    (ECT0, "not-ect", ECT0),
    (ECT0, "ect0", ECT0),
    (ECT0, "ect1", ECT1),
    (ECT0, "ce", CE),
    (ECT1, "not-ect", ECT1),
    (ECT1, "ect0", ECT1),
    (ECT1, "ect1", ECT1),
    (ECT1, "ce", CE),
    (CE, "not-ect", CE),
    (CE, "ect0", CE),
    (CE, "ect1", CE),
    (CE, "ce", CE),
]
ECN_ON_ARRIVAL = """
table inet congestion {
    chain in {
        type filter hook prerouting priority mangle;
        meta l4proto udp %s ecn set %s
    }
}
"""
IP = {4: "ip", 6: "ip6"}


@pytest.fixture(scope="module")
def pair() -> Iterator[Tunnel]:
    with Lab() as lab:
        yield lab.tunnel("pywgd", "pywgd")


def pings(packets: Iterator[Packet]) -> Iterator[Packet]:
    """Filter packets that are or carry a ping of PING_SIZE."""
    return (packet for packet in packets if len(packet.payload) > PING_SIZE)


def options(inner: int) -> tuple[str, ...]:
    """Return the options of a ping of PING_SIZE with this TOS."""
    return f"-Q{inner}", f"-s{PING_SIZE}"


@pytest.mark.parametrize("outside", [4, 6], ids=["over-v4", "over-v6"])
@pytest.mark.parametrize("kind", [INITIATION, RESPONSE])
def test_handshake_messages_have_dscp_af41(
    pair: Tunnel, kind: int, outside: int
) -> None:
    with capture(pair.right.host, WIRE) as wire:
        pair.connect(outside)
        assert pair.left.pings(pair.right)
        assert next(wire.wireguard(kind)).tos == AF41


@pytest.mark.parametrize("outside", [4, 6], ids=["over-v4", "over-v6"])
@pytest.mark.parametrize("inside", [4, 6], ids=["v4-inside", "v6-inside"])
@pytest.mark.parametrize("inner, outer", ENCAPSULATION)
def test_ecn_is_copied_to_the_outer_header_and_dscp_is_not(
    pair: Tunnel, outside: int, inside: int, inner: int, outer: int
) -> None:
    pair.connect(outside)
    target = pair.right.address(inside)
    assert pair.left.host.reaches(target)
    with capture(pair.right.host, WIRE) as wire:
        assert pair.left.host.reaches(target, *options(inner))
        assert next(pings(wire.wireguard(TRANSPORT))).tos == outer


@pytest.mark.parametrize("outside", [4, 6], ids=["over-v4", "over-v6"])
@pytest.mark.parametrize("inside", [4, 6], ids=["v4-inside", "v6-inside"])
@pytest.mark.parametrize("inner, outer, delivered", DECAPSULATION)
def test_outer_congestion_mark_is_copied_to_the_inner_header(
    pair: Tunnel,
    outside: int,
    inside: int,
    inner: int,
    outer: str,
    delivered: int | None,
) -> None:
    left, right = pair.left, pair.right
    pair.connect(outside)
    target = right.address(inside)
    assert left.host.reaches(target)
    right.host.nft(ECN_ON_ARRIVAL % (IP[outside], outer))
    try:
        with capture(right.host, right.name) as tun:
            seconds = 1 if delivered is None else DEADLINE
            left.host.reaches(target, *options(inner), seconds=seconds)
            arrived = (p for p in pings(tun.packets(0.2)) if p.destination == target)
            first = next(arrived, None)
    finally:
        right.host.run("nft", "delete", "table", "inet", "congestion")
    assert (first.tos if first else None) == delivered
