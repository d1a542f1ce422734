"""ICMP errors for packets that cannot be routed to a peer: host unreachable.

They are sent on raw sockets: the kernel accepts no packet from the TUN whose source is
an IPv4 address of the machine. On a raw socket it selects the source as for its own
errors, an address of the interface that the error leaves through (RFC 1812, 4.3.2.4).
"""

import os
import socket
import struct

from ...core.constants import ICMP_ERRORS_BURST, ICMP_ERRORS_PER_SECOND
from ...core.ratelimiter import RateLimiter
from .packet import Packet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.crypto import Crypto

_ICMPV4, _ICMPV6 = 1, 58
_HOP_LIMIT = 64
# The quoted part fits the smallest MTU of the family (RFC 1812, RFC 4443).
_QUOTED_V4 = 576 - 28
_QUOTED_V6 = 1280 - 48
# ICMPv4 queries and replies; all other types are error messages (RFC 1122).
_ICMPV4_QUERIES = frozenset((0, 8, 9, 10, 13, 14, 15, 16, 17, 18, 42, 43))
# The source of errors that are written to the TUN: the dummy address (RFC 7600).
_DUMMY = b"\xc0\0\0\x08"
# An address that the kernel replaces.
_ANY = bytes(4)
_COST = 1000 // ICMP_ERRORS_PER_SECOND
_CAPACITY = ICMP_ERRORS_BURST * _COST


class IcmpSender:
    """Sends ICMP errors, limited per destination and in all (RFC 4443, 2.4).

    Without a raw socket, IPv4 errors are passed to ``write``, which writes a packet to
    the TUN, and IPv6 errors are not sent.
    """

    def __init__(self, crypto: "Crypto", write: "Callable[[bytes], None]") -> None:
        self._write = write
        self._limiter = RateLimiter(crypto)
        self._full_at = 0
        self._sockets: dict[int, socket.socket] = {}

    def set_sockets(self, v4: int, v6: int) -> None:
        """Use duplicates of the raw sockets with these descriptors, -1 for none."""
        while self._sockets:
            self._sockets.popitem()[1].close()
        families = (4, socket.AF_INET, v4), (6, socket.AF_INET6, v6)
        for version, family, descriptor in families:
            if descriptor >= 0:
                own = os.dup(descriptor)
                self._sockets[version] = socket.socket(family, socket.SOCK_RAW, 0, own)

    def send_unreachable(self, data: memoryview, packet: Packet, now: int) -> None:
        """Answer a packet with host unreachable, if that is allowed."""
        raw = self._sockets.get(packet.version)
        if raw is None and packet.version == 6:
            return
        message = host_unreachable(data, packet, _DUMMY if raw is None else _ANY)
        destination = bytes(data[packet.source])
        if message is None or not self._take_tokens(destination, now):
            return
        if raw is None:
            self._write(message)
            return
        host = socket.inet_ntop(raw.family, destination)
        try:
            raw.sendto(message, socket.MSG_DONTWAIT, (host, 0))
        except OSError:
            pass  # best effort: the packet itself is counted already

    def _take_tokens(self, destination: bytes, now: int) -> bool:
        # Not the reverse: one destination must not use the tokens of all others.
        if not self._limiter.allow(destination, now):
            return False
        full_at = max(self._full_at, now) + _COST
        if full_at - now > _CAPACITY:
            return False
        self._full_at = full_at
        return True


def host_unreachable(data: memoryview, packet: Packet, source: bytes) -> bytes | None:
    """Return the ICMP error for a packet, or None if there must be none.

    An IPv4 error has its IP header, with this source address. An IPv6 error has none,
    and no checksum: the kernel adds both.
    """
    if packet.version == 4:
        allowed = _may_send_error_v4(data)
        return _unreachable_v4(data, packet, source) if allowed else None
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


def _unreachable_v4(data: memoryview, packet: Packet, source: bytes) -> bytes:
    quoted = bytes(data[: min(packet.length, _QUOTED_V4)])
    body = _with_checksum(struct.pack(">BBHI", 3, 1, 0, 0) + quoted, 2)
    length, destination = 20 + len(body), bytes(data[packet.source])
    fixed = (0x45, 0, length, 0, 0, _HOP_LIMIT, _ICMPV4, 0, source, destination)
    return _with_checksum(struct.pack(">BBHHHBBH4s4s", *fixed), 10) + body


def _unreachable_v6(data: memoryview, packet: Packet) -> bytes:
    quoted = bytes(data[: min(packet.length, _QUOTED_V6)])
    return struct.pack(">BBHI", 1, 3, 0, 0) + quoted


def _with_checksum(body: bytes, offset: int) -> bytes:
    data = body + bytes(len(body) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    checksum = struct.pack(">H", ~total & 0xFFFF)
    return body[:offset] + checksum + body[offset + 2 :]
