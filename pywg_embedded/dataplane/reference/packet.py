"""Inner IP packets: headers, and the check of their length."""

import struct

_IPV4_HEADER = 20
_IPV6_HEADER = 40


class Packet:
    """The offsets of the addresses in a packet, and the length in its header."""

    __slots__ = ("destination", "length", "source", "version")

    def __init__(self, version: int, length: int) -> None:
        self.version = version
        self.length = length
        if version == 4:
            self.source, self.destination = slice(12, 16), slice(16, 20)
        else:
            self.source, self.destination = slice(8, 24), slice(24, 40)


def parse(data: memoryview) -> Packet | None:
    """Parse an IP packet; return None if it is not IP, or truncated."""
    version = data[0] >> 4 if data else 0
    if version == 4 and len(data) >= _IPV4_HEADER:
        length = struct.unpack_from(">H", data, 2)[0]
        header = 4 * (data[0] & 0x0F)
        valid = _IPV4_HEADER <= header <= length <= len(data)
    elif version == 6 and len(data) >= _IPV6_HEADER:
        length = _IPV6_HEADER + struct.unpack_from(">H", data, 4)[0]
        valid = length <= len(data)
    else:
        return None
    return Packet(version, length) if valid else None


def traffic_class(data: memoryview) -> int:
    """Return the TOS of an IPv4 packet, or the traffic class of an IPv6 packet."""
    if data[0] >> 4 == 4:
        return data[1]
    return (data[0] & 0x0F) << 4 | data[1] >> 4


def set_ecn(data: memoryview, ecn: int) -> None:
    """Set the two ECN bits, and update the IPv4 header checksum (RFC 1624)."""
    if data[0] >> 4 == 6:
        data[1] = data[1] & 0xCF | ecn << 4
        return
    old = data[1]
    data[1] = old & 0xFC | ecn
    checksum = struct.unpack_from(">H", data, 10)[0]
    total = (~checksum & 0xFFFF) + (~old & 0xFFFF) + data[1]
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into(">H", data, 10, ~total & 0xFFFF)
