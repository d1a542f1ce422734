"""The subset of rtnetlink(7) that the daemon uses: messages and attributes.

The kernel handles a request while it is sent, so that the reply is there afterwards; a
reply that is not there was lost for want of memory, and is not waited for.
"""

import os
import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BUFFER = 65_536
# Flags of a request for a new object: replace an existing one, reject it if there is
# one, create a missing one.
REPLACE, EXCLUSIVE, CREATE = 0x100, 0x200, 0x400
ERROR, _DONE = 2, 3
# By the size of an address.
FAMILIES = {4: socket.AF_INET, 16: socket.AF_INET6}
U32 = struct.Struct("@I")
# Link messages: types, the header, a flag and an attribute.
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
IFINFO = struct.Struct("@BxHiII")
IFF_UP = 1
IFLA_MTU = 4
_NLM_F_REQUEST, _NLM_F_ACK, _NLM_F_DUMP = 1, 4, 0x300
# Options of a netlink socket: the kernel filters a dump by the header of the request.
_SOL_NETLINK, _STRICT_CHECK = 270, 12
_HEADER = struct.Struct("@IHHII")
_ATTRIBUTE = struct.Struct("@HH")
_STATUS = struct.Struct("@i")


def open_socket(groups: int) -> socket.socket:
    """Open a socket that receives the notifications of the groups, a bit mask."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    sock = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
    sock.bind((0, groups))
    return sock


def pack_request(kind: int, body: bytes, flags: int = 0) -> bytes:
    """Return a request message."""
    size = _HEADER.size + len(body)
    return _HEADER.pack(size, kind, _NLM_F_REQUEST | flags, 1, 0) + body


def query(kind: int, body: bytes, flags: int = 0) -> "Iterator[tuple[int, bytes]]":
    """Send a request and return type and body of each message of the reply.

    The reply must fit in one datagram.

    Raises:
        OSError: the request cannot be sent, or there is no reply.
    """
    with open_socket(0) as sock:
        sock.setblocking(False)
        sock.send(pack_request(kind, body, flags))
        return parse_messages(sock.recv(BUFFER))


def request(kind: int, body: bytes, flags: int = 0) -> None:
    """Send a request and wait until the kernel has carried it out.

    Raises:
        OSError: the kernel rejects the request, or does not reply.
    """
    for reply, text in query(kind, body, flags | _NLM_F_ACK):
        error = -_STATUS.unpack_from(text)[0] if reply == ERROR else 0
        if error:
            raise OSError(error, os.strerror(error))


def request_all(requests: "list[tuple[int, bytes, int]]") -> dict[int, int]:
    """Send requests, ``(type, body, flags)``, in one datagram; about 100 at most.

    Return the error numbers of those that the kernel rejects, by index.

    Raises:
        OSError: they cannot be sent, or there is no reply.
    """
    errors = {}
    last = len(requests) - 1
    parts = []
    for index, (kind, body, flags) in enumerate(requests):
        # Of the others, the kernel reports only errors.
        flags |= _NLM_F_REQUEST | (_NLM_F_ACK if index == last else 0)
        parts.append(_HEADER.pack(_HEADER.size + len(body), kind, flags, index, 0))
        parts.append(body)
    with open_socket(0) as sock:
        sock.setblocking(False)
        sock.send(b"".join(parts))
        index = -1
        while index != last:
            for kind, text in parse_messages(sock.recv(BUFFER)):
                if kind == ERROR:
                    # The status, and the header of the request.
                    index = _HEADER.unpack_from(text, _STATUS.size)[3]
                    errors[index] = -_STATUS.unpack_from(text)[0]
    return {index: error for index, error in errors.items() if error}


def dump(kind: int, body: bytes) -> "Iterator[tuple[int, bytes]]":
    """Request a list of objects, and yield type and body of each message of the reply.

    A kernel before Linux 4.20 may also list objects that do not match ``body``.

    Raises:
        OSError: the kernel rejects the request, or does not reply.
    """
    with open_socket(0) as sock:
        try:
            sock.setsockopt(_SOL_NETLINK, _STRICT_CHECK, 1)
        except OSError:
            pass  # an old kernel
        sock.setblocking(False)
        sock.send(pack_request(kind, body, _NLM_F_DUMP))
        while True:
            for reply, text in parse_messages(sock.recv(BUFFER)):
                if reply == _DONE:
                    return
                if reply == ERROR:
                    error = -_STATUS.unpack_from(text)[0]
                    raise OSError(error, os.strerror(error))
                yield reply, text


def pack_attribute(kind: int, value: bytes) -> bytes:
    """Return an attribute, padded to a multiple of four bytes."""
    size = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(size, kind) + value + bytes(_aligned(size) - size)


def parse_messages(data: bytes) -> "Iterator[tuple[int, bytes]]":
    """Yield type and body of each message of a datagram."""
    while len(data) >= _HEADER.size:
        size, kind = _HEADER.unpack_from(data)[:2]
        yield kind, data[_HEADER.size : size]
        data = data[_aligned(max(size, _HEADER.size)) :]


def parse_attributes(data: bytes) -> dict[int, bytes]:
    """Return the attributes that follow the header of a message body, by type."""
    attributes = {}
    while len(data) >= _ATTRIBUTE.size:
        size, kind = _ATTRIBUTE.unpack_from(data)
        attributes[kind] = data[_ATTRIBUTE.size : size]
        data = data[_aligned(max(size, _ATTRIBUTE.size)) :]
    return attributes


def _aligned(size: int) -> int:
    return (size + 3) & ~3
