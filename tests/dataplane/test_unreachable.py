"""ICMP errors for unroutable packets."""

import struct

import pytest

from .packets import checksum, ipv4, ipv6
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
    return rig.read_tun()


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


def check_v4(answer: bytes, packet: bytes) -> None:
    """Check a host unreachable message, with the destination as its source."""
    version, length = answer[0], struct.unpack_from(">H", answer, 2)[0]
    assert (version, length, answer[9]) == (0x45, len(answer), ICMP)
    assert answer[12:20] == packet[16:20] + packet[12:16]
    assert answer[20:22] + answer[24:28] == bytes([3, 1, 0, 0, 0, 0])
    assert answer[28:] == packet[:QUOTED_V4]
    assert checksum(answer[:20]) == checksum(answer[20:]) == 0


def check_v6(answer: bytes, packet: bytes) -> None:
    """Check an address unreachable message, with the destination as its source."""
    head, length, following = struct.unpack_from(">IHB", answer)
    assert (head, length, following) == (6 << 28, len(answer) - 40, ICMPV6)
    assert answer[8:40] == packet[24:40] + packet[8:24]
    assert answer[40:42] + answer[44:48] == bytes([1, 3, 0, 0, 0, 0])
    assert answer[48:] == packet[:QUOTED_V6]
    pseudo_header = answer[8:40] + struct.pack(">II", length, ICMPV6)
    assert checksum(pseudo_header + answer[40:]) == 0


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
