"""ICMP errors for unroutable packets."""

import struct

import pytest

from pywg_embedded.core.constants import (
    ICMP_ERRORS_BURST,
    ICMP_ERRORS_PER_SECOND,
    SOURCE_PACKETS_BURST,
    SOURCE_PACKETS_PER_SECOND,
)

from .packets import address, checksum, ipv4, ipv6
from .rig import Rig

HERE, THERE = "10.0.0.1", "10.1.0.1"
HERE6, THERE6 = "fd00::1", "fd01::1"
ICMP, ICMPV6 = 1, 58
MORE_FRAGMENTS, DO_NOT_FRAGMENT = 0x2000, 0x4000
# The quoted part fits the smallest MTU (RFC 1812 4.3.2.3, RFC 4443 2.4).
QUOTED_V4, QUOTED_V6 = 576 - 20 - 8, 1280 - 40 - 8


def answers(rig: Rig, packet: bytes) -> list[bytes]:
    rig.write_tun(packet)
    assert rig.drops() == {"no_peer": 1}
    assert rig.read_tun() == []
    return rig.read_icmp(4) + rig.read_icmp(6)


def echo(kind: int) -> bytes:
    return bytes([kind]) + bytes(7)


ANSWERED = (
    ipv4(HERE, THERE),
    ipv4(HERE, THERE, b"x" * QUOTED_V4),
    ipv4(HERE, THERE, b"x" * 1400),
    ipv4(HERE, THERE, b"x", options=b"\1" * 8),
    ipv4(HERE, THERE, b"x" * 8, fragment=MORE_FRAGMENTS),
    ipv4(HERE, THERE, b"x" * 8, fragment=DO_NOT_FRAGMENT),
    ipv4(HERE, THERE, echo(0), protocol=ICMP),
    ipv4(HERE, THERE, echo(8), protocol=ICMP),
    ipv4(HERE, THERE, echo(13), protocol=ICMP, options=b"\1" * 4),
    ipv6(HERE6, THERE6),
    ipv6(HERE6, THERE6, b"x" * QUOTED_V6),
    ipv6(HERE6, THERE6, b"x" * 1380),
    ipv6(HERE6, THERE6, b"odd"),
    ipv6(HERE6, THERE6, echo(128), protocol=ICMPV6),
    ipv6(HERE6, THERE6, echo(129), protocol=ICMPV6),
)


def check_v4(answer: bytes, packet: bytes, source: str = "0.0.0.0") -> None:
    """Check a host unreachable message; the kernel replaces the source 0.0.0.0."""
    version, length = answer[0], struct.unpack_from(">H", answer, 2)[0]
    assert (version, length, answer[9]) == (0x45, len(answer), ICMP)
    assert answer[12:20] == address(source) + packet[12:16]
    assert answer[20:22] + answer[24:28] == bytes([3, 1, 0, 0, 0, 0])
    assert answer[28:] == packet[:QUOTED_V4]
    assert checksum(answer[:20]) == checksum(answer[20:]) == 0


def check_v6(answer: bytes, packet: bytes) -> None:
    """Check an address unreachable message without IP header and checksum."""
    assert answer[:8] == bytes([1, 3, 0, 0, 0, 0, 0, 0])
    assert answer[8:] == packet[:QUOTED_V6]


@pytest.mark.parametrize("row", range(len(ANSWERED)))
def test_an_icmp_error_is_well_formed(rig: Rig, row: int) -> None:
    packet = ANSWERED[row]
    (answer,) = answers(rig, packet)
    check = check_v4 if packet[0] >> 4 == 4 else check_v6
    check(answer, packet)


SILENT = (
    # ICMP errors
    ipv4(HERE, THERE, echo(3), protocol=ICMP),
    ipv4(HERE, THERE, echo(5), protocol=ICMP),
    ipv4(HERE, THERE, echo(11), protocol=ICMP),
    ipv4(HERE, THERE, echo(12), protocol=ICMP),
    ipv4(HERE, THERE, echo(3), protocol=ICMP, options=b"\1" * 4),
    ipv4(HERE, THERE, protocol=ICMP),
    ipv6(HERE6, THERE6, echo(1), protocol=ICMPV6),
    ipv6(HERE6, THERE6, echo(127), protocol=ICMPV6),
    ipv6(HERE6, THERE6, protocol=ICMPV6),
    # Fragments other than the first
    ipv4(HERE, THERE, b"x" * 8, fragment=1),
    ipv4(HERE, THERE, b"x" * 8, fragment=MORE_FRAGMENTS | 0x1FFF),
    # Multicast and broadcast destinations, invalid sources
    ipv4(HERE, "224.0.0.1"),
    ipv4(HERE, "255.255.255.255"),
    ipv4("0.0.0.0", THERE),
    ipv4("224.0.0.1", THERE),
    ipv4("255.255.255.255", THERE),
    ipv6(HERE6, "ff02::1"),
    ipv6("::", THERE6),
    ipv6("ff02::1", THERE6),
)


@pytest.mark.parametrize("row", range(len(SILENT)))
def test_no_icmp_error_is_sent_where_it_is_forbidden(rig: Rig, row: int) -> None:
    assert answers(rig, SILENT[row]) == []


@pytest.mark.parametrize(
    "packet, source",
    [
        pytest.param(ipv4(HERE, THERE), "192.0.0.8", id="v4"),
        pytest.param(ipv6(HERE6, THERE6), None, id="v6"),
    ],
)
def test_dummy_address_is_the_source_without_a_raw_socket(
    rig: Rig, packet: bytes, source: str | None
) -> None:
    rig.plane.set_icmp_sockets(-1, -1)
    rig.write_tun(packet)
    assert rig.read_icmp(4) + rig.read_icmp(6) == []
    written = rig.read_tun()
    assert len(written) == bool(source)
    for answer in written:
        check_v4(answer, packet, str(source))


@pytest.mark.parametrize(
    "source, same_bucket, third",
    [
        pytest.param(HERE, HERE, "10.0.0.2", id="v4"),
        pytest.param(HERE6, "fd00::2", "fd00:0:0:1::1", id="v6-prefix"),
    ],
)
def test_icmp_errors_are_limited_for_each_destination(
    rig: Rig, source: str, same_bucket: str, third: str
) -> None:
    def errors_of(source: str, count: int) -> int:
        version = 6 if ":" in source else 4
        for _ in range(count):
            packet = ipv6(source, THERE6) if version == 6 else ipv4(source, THERE)
            rig.write_tun(packet)
        return len(rig.read_icmp(version))

    assert errors_of(source, 2 * SOURCE_PACKETS_BURST) == SOURCE_PACKETS_BURST
    assert errors_of(same_bucket, 1) == 0
    assert errors_of(third, 1) == 1
    rig.now += 1_000 // SOURCE_PACKETS_PER_SECOND
    assert errors_of(source, 2) == 1
    rig.now += 60_000
    assert errors_of(source, 2 * SOURCE_PACKETS_BURST) == SOURCE_PACKETS_BURST
    assert rig.drops() == {"no_peer": 4 * SOURCE_PACKETS_BURST + 4}


def test_icmp_errors_are_limited_over_all_destinations(rig: Rig) -> None:
    def errors_of(subnet: int) -> int:
        for host in range(2 * ICMP_ERRORS_BURST):
            rig.write_tun(ipv4(f"10.0.{subnet}.{host + 1}", THERE))
        return len(rig.read_icmp(4))

    assert errors_of(0) == ICMP_ERRORS_BURST
    rig.now += 2 * 1_000 // ICMP_ERRORS_PER_SECOND
    assert errors_of(1) == 2
    rig.now += 60_000
    assert errors_of(2) == ICMP_ERRORS_BURST


def test_forbidden_icmp_errors_take_no_token(rig: Rig) -> None:
    for _ in range(2 * SOURCE_PACKETS_BURST):
        rig.write_tun(ipv4(HERE, THERE, echo(3), protocol=ICMP))
    rig.write_tun(ipv4(HERE, THERE))
    assert len(rig.read_icmp(4)) == 1
