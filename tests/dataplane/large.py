"""Large packets as a TUN with offloads delivers them, and what they are cut into.

Cutting is done here the slow way, piece by piece, from what the kernel's documents say
of segmentation; that the kernel cuts the same is shown where it has to.
"""

import struct
from typing import NamedTuple

from tests.dataplane.packets import checksum, ip, with_checksum

TCP, UDP = 6, 17
FIN, PSH, ACK, ECE, CWR = 0x01, 0x08, 0x10, 0x40, 0x80
DF = 0x4000
# Source and destination addresses.
ADDRESSES = {4: ("10.0.0.2", "10.1.0.2"), 6: ("fd00::2", "fd01::2")}
# flags, kind, length of the headers, size of the pieces, start and place of the sum
VNET = struct.Struct("@BBHHHH")
_NEEDS_CSUM, _GSO_ECN = 1, 0x80
_GSO = {(4, TCP): 1, (6, TCP): 4, (4, UDP): 5, (6, UDP): 5}


class Large(NamedTuple):
    """A large TCP or UDP packet, larger than the MTU."""

    version: int
    protocol: int
    size: int  # of each piece's payload, but the last
    payload: int
    flags: int = ACK
    options: bytes = b""
    identification: int = 0
    fragment: int = 0
    addresses: tuple[str, str] | None = None

    def ends(self) -> tuple[str, str]:
        """Return the source and destination addresses."""
        return self.addresses or ADDRESSES[self.version]

    def vnet(self) -> bytes:
        """Return the virtio-net header of the packet."""
        start = {4: 20, 6: 40}[self.version]
        kind = _GSO[self.version, self.protocol]
        if self.protocol == TCP and self.flags & CWR:
            kind |= _GSO_ECN
        headers = start + len(self._transport())
        place = self._checksum_at()
        return VNET.pack(_NEEDS_CSUM, kind, headers, self.size, start, place)

    def packet(self) -> bytes:
        """Return the packet, with the sum of the pseudo-header as its checksum."""
        data = bytes(n * 167 >> 3 & 0xFF for n in range(self.payload))
        transport = bytearray(self._transport() + data)
        header = self._header(len(transport))
        pseudo = ~checksum(_pseudo(header, len(transport))) & 0xFFFF
        struct.pack_into(">H", transport, self._checksum_at(), pseudo)
        return header + bytes(transport)

    def cut(self) -> list[bytes]:
        """Return the packets that it is segmented into, with their checksums."""
        return cut(self.vnet(), self.packet())

    def _checksum_at(self) -> int:
        return 16 if self.protocol == TCP else 6

    def _header(self, length: int) -> bytes:
        packet = ip(*self.ends(), bytes(length))
        if self.version == 6:
            return packet[:6] + bytes([self.protocol]) + packet[7:40]
        header = bytearray(packet[:20])
        struct.pack_into(">HH", header, 4, self.identification, self.fragment)
        header[9] = self.protocol
        return with_checksum(bytes(header), 10)

    def _transport(self) -> bytes:
        if self.protocol == UDP:
            return struct.pack(">HHHH", 5000, 53, 8 + self.payload, 0)
        offset = (20 + len(self.options)) << 2
        fixed = 5000, 443, 0xFFFF_F000, 77, offset, self.flags, 9000, 0, 0
        return struct.pack(">HHIIBBHHH", *fixed) + self.options


def cut(vnet: bytes, packet: bytes) -> list[bytes]:
    """Return the packets that a packet with this header is segmented into."""
    _, kind, _, size, start, place = VNET.unpack(vnet)
    if not kind:
        return [packet]
    headers = start + (8 if place == 6 else (packet[start + 12] >> 4) * 4)
    ip_header, transport, data = packet[:start], packet[start:headers], packet[headers:]
    pieces = []
    for index, at in enumerate(range(0, len(data), size)):
        part = data[at : at + size]
        is_last = at + size >= len(data)
        head = _transport_of(transport, at, len(part), is_last)
        pieces.append(_finished(_ip_header_of(ip_header, index), head + part, place))
    return pieces


def _transport_of(header: bytes, at: int, size: int, is_last: bool) -> bytearray:
    """Return the headers of the segment of ``size`` bytes at offset ``at``."""
    own = bytearray(header)
    if len(own) == 8:
        struct.pack_into(">H", own, 4, 8 + size)
        return own
    (sequence,) = struct.unpack_from(">I", own, 4)
    struct.pack_into(">I", own, 4, (sequence + at) & 0xFFFF_FFFF)
    own[13] &= 0xFF if is_last else ~(FIN | PSH) & 0xFF
    own[13] &= 0xFF if at == 0 else ~CWR & 0xFF
    return own


def _ip_header_of(header: bytes, index: int) -> bytearray:
    own = bytearray(header)
    if header[0] >> 4 == 4:
        (identification,) = struct.unpack_from(">H", own, 4)
        struct.pack_into(">H", own, 4, (identification + index) & 0xFFFF)
    return own


def _finished(header: bytearray, transport: bytearray, place: int) -> bytes:
    """Return a packet with correct lengths and checksums."""
    if header[0] >> 4 == 4:
        struct.pack_into(">H", header, 2, len(header) + len(transport))
        header[:] = with_checksum(bytes(header), 10)
    else:
        struct.pack_into(">H", header, 4, len(transport))
    struct.pack_into(">H", transport, place, 0)
    value = checksum(_pseudo(bytes(header), len(transport)) + bytes(transport))
    if not value and place == 6:
        value = 0xFFFF
    struct.pack_into(">H", transport, place, value)
    return bytes(header + transport)


def _pseudo(header: bytes, length: int) -> bytes:
    """Return the pseudo-header of TCP and UDP."""
    is_v4 = header[0] >> 4 == 4
    addresses = header[12:20] if is_v4 else header[8:40]
    protocol = header[9] if is_v4 else header[6]
    return addresses + struct.pack(">II", length, protocol)


# Large packets, and whether GRO joins their segments.
SAMPLES = (
    (Large(4, TCP, 1400, 4200), True),
    (Large(4, TCP, 1400, 4201, PSH | ACK), True),
    (Large(4, TCP, 1448, 60_000, ACK, b"\1\1\x08\x0a" + b"stampecr"), True),
    (Large(4, TCP, 333, 999, ACK, identification=65_534, fragment=DF), True),
    (Large(4, TCP, 1, 10), True),
    (Large(4, TCP, 100, 350, FIN | PSH | ACK), False),
    (Large(4, TCP, 100, 350, CWR | ECE | ACK), False),
    (Large(6, TCP, 1400, 4200), True),
    (Large(6, TCP, 1400, 65_000, PSH | ACK), True),
    (Large(6, TCP, 1387, 4999, ACK | ECE, b"\1\1\x08\x0a" + b"stampecr"), True),
    (Large(6, TCP, 100, 350, FIN | CWR | ACK), False),
    (Large(4, UDP, 1400, 4200), True),
    (Large(4, UDP, 1399, 4200, identification=7), True),
    (Large(4, UDP, 1400, 2801, identification=65_535, fragment=DF), True),
    (Large(6, UDP, 1200, 3600), True),
    (Large(6, UDP, 1201, 60_000), True),
    (Large(6, UDP, 16, 250), True),
)
