"""ICMP errors for packets that cannot be routed to a peer: host unreachable.

Their source is the unreachable destination. That address routes into the tunnel, so
that a reverse-path filter accepts it; the tunnel may have no address of its own.
"""

import struct

from .packet import Packet

_ICMPV4, _ICMPV6 = 1, 58
_HOP_LIMIT = 64
# The quoted part fits the smallest MTU of the family (RFC 1812, RFC 4443).
_QUOTED_V4 = 576 - 28
_QUOTED_V6 = 1280 - 48
# ICMPv4 queries and replies; all other types are error messages (RFC 1122).
_ICMPV4_QUERIES = frozenset((0, 8, 9, 10, 13, 14, 15, 16, 17, 18, 42, 43))


def host_unreachable(data: memoryview, packet: Packet) -> bytes | None:
    """Return the ICMP error for a packet, or None if there must be none."""
    if packet.version == 4:
        return _unreachable_v4(data, packet) if _may_send_error_v4(data) else None
    return _unreachable_v6(data, packet) if _may_send_error_v6(data) else None


def _may_send_error_v4(data: memoryview) -> bool:
    fragment_offset = struct.unpack_from(">H", data, 6)[0] & 0x1FFF
    if fragment_offset or data[16] >= 224 or data[12] >= 224 or not any(data[12:16]):
        return False
    type_at = 4 * (data[0] & 0x0F)
    if data[9] != _ICMPV4:
        return True
    return len(data) > type_at and data[type_at] in _ICMPV4_QUERIES


def _may_send_error_v6(data: memoryview) -> bool:
    if data[24] == 0xFF or data[8] == 0xFF or not any(data[8:24]):
        return False
    return data[6] != _ICMPV6 or (len(data) > 40 and data[40] >= 128)


def _unreachable_v4(data: memoryview, packet: Packet) -> bytes:
    quoted = bytes(data[: min(packet.length, _QUOTED_V4)])
    body = struct.pack(">BBHI", 3, 1, 0, 0) + quoted
    body = _with_checksum(body, 2, b"")
    source, destination = bytes(data[packet.destination]), bytes(data[packet.source])
    length = 20 + len(body)
    fixed = (0x45, 0, length, 0, 0, _HOP_LIMIT, _ICMPV4, 0, source, destination)
    return _with_checksum(struct.pack(">BBHHHBBH4s4s", *fixed), 10, b"") + body


def _unreachable_v6(data: memoryview, packet: Packet) -> bytes:
    quoted = bytes(data[: min(packet.length, _QUOTED_V6)])
    body = struct.pack(">BBHI", 1, 3, 0, 0) + quoted
    source, destination = bytes(data[packet.destination]), bytes(data[packet.source])
    addresses = source + destination
    body = _with_checksum(body, 2, addresses + struct.pack(">II", len(body), _ICMPV6))
    fixed = (0x6000_0000, len(body), _ICMPV6, _HOP_LIMIT)
    return struct.pack(">IHBB", *fixed) + addresses + body


def _with_checksum(body: bytes, offset: int, pseudo_header: bytes) -> bytes:
    data = pseudo_header + body + bytes(len(body) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    checksum = struct.pack(">H", ~total & 0xFFFF)
    return body[:offset] + checksum + body[offset + 2 :]
