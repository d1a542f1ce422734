"""Datagrams of this interface that a route leads into its own TUN device.

Each would be encrypted and sent again, without end. They are recognised by their
contents: so it does not matter which route, rule or mark leads them there, and no
packet is dropped once that is mended.
"""

import struct

from ...core.constants import MESSAGE_INITIATION, MESSAGE_TRANSPORT
from .packet import Packet

_UDP, _FRAGMENT = 17, 44
_IPV4_OFFSET, _IPV6_OFFSET = 0x1FFF, 0xFFF8
_SENT_INDICES = 1024


class SentIndices:
    """The indices of messages that were sent.

    They are the sender's of a handshake message, the receiver's of transport data. An
    index replaces another one with the same low bits.
    """

    def __init__(self) -> None:
        self._indices = [0] * _SENT_INDICES

    def add(self, message: memoryview | bytes) -> None:
        """Record a message before it is sent."""
        if len(message) >= 8:
            index = struct.unpack_from("<I", message, 4)[0]
            self._indices[index % _SENT_INDICES] = index

    def is_own(self, data: memoryview, packet: Packet, port: int) -> bool:
        """Return whether an IP packet is a message that was sent from a UDP port.

        The first fragment of one is, too.
        """
        at = _find_udp(data, packet)
        if not at or packet.length < at + 16:
            return False
        if struct.unpack_from(">H", data, at)[0] != port:
            return False
        kind, index = struct.unpack_from("<II", data, at + 8)
        if not index or not MESSAGE_INITIATION <= kind <= MESSAGE_TRANSPORT:
            return False
        return bool(self._indices[index % _SENT_INDICES] == index)


def _find_udp(data: memoryview, packet: Packet) -> int:
    """Return the offset of the UDP header, 0 if there is none."""
    if packet.version == 4:
        is_first = not struct.unpack_from(">H", data, 6)[0] & _IPV4_OFFSET
        return 4 * (data[0] & 0x0F) if data[9] == _UDP and is_first else 0
    if data[6] == _UDP:
        return 40
    if data[6] != _FRAGMENT or packet.length < 48:
        return 0
    is_first = not struct.unpack_from(">H", data, 42)[0] & _IPV6_OFFSET
    return 48 if data[40] == _UDP and is_first else 0
