"""The parser of inner IP packets, and ECN marks."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pywg_embedded.dataplane.reference import packet
from tests.dataplane.packets import checksum, ecn_of, ipv4, ipv6, with_checksum

V4 = ipv4("10.0.0.1", "10.1.0.1", b"payload.", options=b"\1" * 4)
V6 = ipv6("fd00::1", "fd01::1", b"payload.")


def claiming(data: bytes, length: int) -> bytes:
    """Return a packet with another length field."""
    at = 2 if data[0] >> 4 == 4 else 4
    return data[:at] + struct.pack(">H", length) + data[at + 2 :]


# Data, and the parsed length (None: invalid).
LENGTHS = (
    (V4, 32),
    (V4 + b"more", 32),
    (V4[:-1], None),
    (V4[:24], None),
    (claiming(V4, 24), 24),
    (claiming(V4, 23), None),
    (claiming(V4, 0), None),
    (claiming(V4, 31), 31),
    (claiming(V4, 33), None),
    (claiming(V4, 65535), None),
    (claiming(V4, 20)[:20], None),
    (b"\x45" + claiming(V4, 20)[1:20], 20),
    (b"\x45" + claiming(V4, 19)[1:20], None),
    (b"\x45" + claiming(V4, 20)[1:19], None),
    (b"\x44" + V4[1:], None),
    (b"\x40" + V4[1:], None),
    (b"\x4f" + V4[1:], None),
    (b"\x4f" + claiming(V4, 60)[1:].ljust(59, b"\0"), 60),
    (b"\x56" + V4[1:], None),
    (b"\x06" + V4[1:], None),
    (b"\xf6" + V4[1:], None),
    (V6, 48),
    (V6 + b"more", 48),
    (V6[:-1], None),
    (claiming(V6, 0), 40),
    (claiming(V6, 0)[:40], 40),
    (claiming(V6, 0)[:39], None),
    (claiming(V6, 9), None),
    (claiming(V6, 65535), None),
    (b"", None),
    (b"\x45", None),
    (b"\x60", None),
)


@pytest.mark.parametrize("row", range(len(LENGTHS)))
def test_the_length_in_the_header_is_checked(row: int) -> None:
    data, length = LENGTHS[row]
    parsed = packet.parse(memoryview(data))
    assert (parsed.length if parsed else None) == length


@pytest.mark.parametrize("data", [V4, V6], ids="46")
def test_addresses_are_at_their_offsets(data: bytes) -> None:
    parsed = packet.parse(memoryview(data))
    assert parsed is not None
    assert data[parsed.source][:1] + data[parsed.source][-1:] in (b"\x0a\1", b"\xfd\1")
    assert data[parsed.source] + data[parsed.destination] in data
    assert data[parsed.source] != data[parsed.destination]


@given(st.binary(max_size=80))
def test_any_bytes_are_parsed_without_an_exception(data: bytes) -> None:
    parsed = packet.parse(memoryview(data))
    assert parsed is None or parsed.length <= len(data)


TOS = st.integers(0, 255)
ECN = st.integers(0, 3)
WORDS = st.binary(min_size=20, max_size=20)


# The first header has checksum 0, so that the update carries twice.
@example(b"\0\0\xba\xff" + bytes(16), 0, 1)
@given(WORDS, TOS, ECN)
def test_the_ipv4_checksum_is_updated_by_set_ecn(
    words: bytes, tos: int, ecn: int
) -> None:
    data = bytearray(with_checksum(b"\x45" + bytes([tos]) + words[2:], 10))
    packet.set_ecn(memoryview(data), ecn)
    assert checksum(bytes(data)) == 0
    assert data[1] == tos & 0xFC | ecn
    assert data[2:10] + data[12:] == words[2:10] + words[12:]


@given(TOS, ECN, st.integers(0, 15))
def test_two_bits_of_ipv6_are_changed_by_set_ecn(tos: int, ecn: int, flow: int) -> None:
    original = bytearray(ipv6("fd00::1", "fd01::1", tos=tos))
    original[1] |= flow
    data = bytearray(original)
    packet.set_ecn(memoryview(data), ecn)
    assert ecn_of(bytes(data)) == ecn
    assert packet.traffic_class(memoryview(data)) == tos & 0xFC | ecn
    assert data[1] & 0x0F == flow
    assert data[0] == original[0]
    assert data[2:] == original[2:]
