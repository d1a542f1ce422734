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
# Source and destination.
ADDRESSES = {4: ("10.0.0.2", "10.1.0.2"), 6: ("fd00::2", "fd01::2")}
# flags, kind, length of the headers, size of the pieces, start and place of the sum
VNET = struct.Struct("@BBHHHH")
_NEEDS_CSUM, _GSO_ECN = 1, 0x80
_GSO = {(4, TCP): 1, (6, TCP): 4, (4, UDP): 5, (6, UDP): 5}
_SEQUENCE = 0xFFFF_F000


class Large(NamedTuple):
    """A large packet of TCP or UDP."""

    version: int
    protocol: int
    size: int  # of each piece's payload, but the last
    payload: int
    flags: int = ACK
    options: bytes = b""
    identification: int = 0
    fragment: int = 0
    addresses: tuple[str, str] | None = None

    def vnet(self) -> bytes:
        """The header before the packet."""
        start = {4: 20, 6: 40}[self.version]
        kind = _GSO[self.version, self.protocol]
        if self.protocol == TCP and self.flags & CWR:
            kind |= _GSO_ECN
        headers = start + len(self._transport(0, 0, self.flags))
        place = self._checksum_at()
        return VNET.pack(_NEEDS_CSUM, kind, headers, self.size, start, place)

    def packet(self) -> bytes:
        """With the sum of the pseudo-header in place of the checksum."""
        data = self._data()
        transport = bytearray(self._transport(0, len(data), self.flags) + data)
        header = self._header(0, len(transport))
        pseudo = ~checksum(self._pseudo(header, len(transport))) & 0xFFFF
        struct.pack_into(">H", transport, self._checksum_at(), pseudo)
        return header + bytes(transport)

    def cut(self) -> list[bytes]:
        """The packets that it stands for, checksums and all."""
        data = self._data()
        starts = range(0, len(data), self.size)
        return [self._piece(at, data[at : at + self.size]) for at in starts]

    def _piece(self, at: int, data: bytes) -> bytes:
        flags, last = self.flags, at + len(data) == self.payload
        flags &= 0xFF if last else ~(FIN | PSH)
        flags &= 0xFF if at == 0 else ~CWR
        transport = bytearray(self._transport(at, len(data), flags) + data)
        header = self._header(at // self.size, len(transport))
        pseudo = self._pseudo(header, len(transport))
        value = checksum(pseudo + bytes(transport))
        if not value and self.protocol == UDP:
            value = 0xFFFF
        struct.pack_into(">H", transport, self._checksum_at(), value)
        return header + bytes(transport)

    def _data(self) -> bytes:
        return bytes(n * 167 >> 3 & 0xFF for n in range(self.payload))

    def _checksum_at(self) -> int:
        return 16 if self.protocol == TCP else 6

    def _pseudo(self, header: bytes, length: int) -> bytes:
        addresses = header[12:20] if self.version == 4 else header[8:40]
        return addresses + struct.pack(">II", length, self.protocol)

    def _header(self, index: int, length: int) -> bytes:
        ends = self.addresses or ADDRESSES[self.version]
        packet = ip(*ends, bytes(length))
        if self.version == 6:
            return packet[:6] + bytes([self.protocol]) + packet[7:40]
        header = bytearray(packet[:20])
        identification = (self.identification + index) & 0xFFFF
        struct.pack_into(">HH", header, 4, identification, self.fragment)
        header[9] = self.protocol
        return with_checksum(bytes(header), 10)

    def _transport(self, at: int, length: int, flags: int) -> bytes:
        """The header before ``length`` bytes that begin at ``at``; no checksum yet."""
        if self.protocol == UDP:
            return struct.pack(">HHHH", 5000, 53, 8 + length, 0)
        sequence = (_SEQUENCE + at) & 0xFFFF_FFFF
        offset = (20 + len(self.options)) << 2
        fixed = 5000, 443, sequence, 77, offset, flags, 9000, 0, 0
        return struct.pack(">HHIIBBHHH", *fixed) + self.options


# Some, and whether their pieces are such as we merge.
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
