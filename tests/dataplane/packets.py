"""IP packets for tests, and their checksums."""

import struct
from socket import AF_INET, AF_INET6, inet_pton

UDP = 17


def address(text: str) -> bytes:
    """Return an address as 4 or 16 bytes."""
    return inet_pton(AF_INET6 if ":" in text else AF_INET, text)


def prefix(text: str) -> tuple[bytes, int]:
    """Return ``(address, prefix length)``."""
    host, _, length = text.partition("/")
    return address(host), int(length)


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071); 0 for data with a valid checksum."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_checksum(data: bytes, at: int) -> bytes:
    """Return ``data`` with its checksum at an offset."""
    blank = data[:at] + bytes(2) + data[at + 2 :]
    return data[:at] + struct.pack(">H", checksum(blank)) + data[at + 2 :]


def ipv4(
    source: str,
    destination: str,
    payload: bytes = b"",
    *,
    tos: int = 0,
    fragment: int = 0,
    protocol: int = UDP,
    options: bytes = b"",
) -> bytes:
    """Return an IPv4 packet; ``options`` are a multiple of 4 bytes."""
    first = 0x45 + len(options) // 4
    length = 20 + len(options) + len(payload)
    fixed = (first, tos, length, 7, fragment, 64, protocol, 0)
    addresses = address(source) + address(destination)
    header = struct.pack(">BBHHHBBH", *fixed) + addresses + options
    return with_checksum(header, 10) + payload


def ipv6(
    source: str,
    destination: str,
    payload: bytes = b"",
    *,
    tos: int = 0,
    protocol: int = UDP,
) -> bytes:
    """Return an IPv6 packet."""
    fixed = struct.pack(">IHBB", 6 << 28 | tos << 20, len(payload), protocol, 64)
    return fixed + address(source) + address(destination) + payload


def ip(source: str, destination: str, payload: bytes = b"", tos: int = 0) -> bytes:
    """Return a packet of the family of the addresses."""
    make = ipv6 if ":" in source else ipv4
    return make(source, destination, payload, tos=tos)


def sized(
    length: int, source: str = "10.0.0.1", destination: str = "10.1.0.1"
) -> bytes:
    """Return an IPv4 packet of ``length`` bytes; its payload has no zeros."""
    return ipv4(source, destination, b"\xa5" * (length - 20))


def ecn_of(packet: bytes) -> int:
    """Return the ECN field of a packet."""
    return packet[1] & 3 if packet[0] >> 4 == 4 else packet[1] >> 4 & 3
