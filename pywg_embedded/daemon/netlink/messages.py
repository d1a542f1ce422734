"""The few words of rtnetlink that this daemon speaks (rtnetlink(7))."""

import os
import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BUFFER = 65_536
# For what is made: in the place of the like of it, or where there is none.
REPLACE, CREATE = 0x100, 0x400
ERROR = 2
FAMILIES = {4: socket.AF_INET, 16: socket.AF_INET6}
NUMBER = struct.Struct("@I")
# A message about a link: its kinds, what it begins with, and a flag and an attribute.
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
IFINFO = struct.Struct("@BxHiII")
IFF_UP = 1
IFLA_MTU = 4
_NLM_F_REQUEST, _NLM_F_ACK = 1, 4
_REPLY_TIMEOUT = 1.0
_HEADER = struct.Struct("@IHHII")
_ATTRIBUTE = struct.Struct("@HH")
_STATUS = struct.Struct("@i")


def open_socket(groups: int) -> socket.socket:
    """A socket that hears of these groups, as bits; 0 for one that only asks."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    sock = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
    sock.bind((0, groups))
    return sock


def pack_request(kind: int, body: bytes, flags: int = 0) -> bytes:
    """A message that asks."""
    size = _HEADER.size + len(body)
    return _HEADER.pack(size, kind, _NLM_F_REQUEST | flags, 1, 0) + body


def query(kind: int, body: bytes, flags: int = 0) -> "Iterator[tuple[int, bytes]]":
    """The messages of the kernel's answer, which fits in one datagram; raises OSError
    if none comes."""
    with open_socket(0) as sock:
        sock.settimeout(_REPLY_TIMEOUT)
        sock.send(pack_request(kind, body, flags))
        return parse_messages(sock.recv(BUFFER))


def request(kind: int, body: bytes, flags: int = 0) -> None:
    """Have the kernel do something; raises OSError if it does not."""
    for answer, text in query(kind, body, flags | _NLM_F_ACK):
        number = -_STATUS.unpack_from(text)[0] if answer == ERROR else 0
        if number:
            raise OSError(number, os.strerror(number))


def pack_attribute(kind: int, value: bytes) -> bytes:
    """An attribute; all that we send have sizes that need no padding."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value


def parse_messages(data: bytes) -> "Iterator[tuple[int, bytes]]":
    """Type and body of each message in what was received."""
    while len(data) >= _HEADER.size:
        size, kind = _HEADER.unpack_from(data)[:2]
        yield kind, data[_HEADER.size : size]
        data = data[_aligned(max(size, _HEADER.size)) :]


def parse_attributes(data: bytes) -> dict[int, bytes]:
    """The attributes behind a message's own header, by type."""
    found = {}
    while len(data) >= _ATTRIBUTE.size:
        size, kind = _ATTRIBUTE.unpack_from(data)
        found[kind] = data[_ATTRIBUTE.size : size]
        data = data[_aligned(max(size, _ATTRIBUTE.size)) :]
    return found


def _aligned(size: int) -> int:
    return (size + 3) & ~3
