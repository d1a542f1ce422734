"""Route lookups in the kernel, and the notifications after which they may have another
result; both in the network namespace of the UDP sockets.

Where netlink is not available, the source addresses of endpoints are not checked.
"""

import errno
import os
import socket
import struct

from ...core.endpoint import Endpoint

# rtnetlink(7); Python does not name these.
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
# Groups: link; address, route and rule of IPv4 and IPv6; next hop.
_GROUPS = (1, 5, 9, 7, 11, 8, 19)
_NEXTHOP_GROUP = 32
_RTM_NEWROUTE, _RTM_GETROUTE, _ERROR = 24, 26, 2
_NLM_F_REQUEST = 1
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_MARK = 1, 2, 4, 16
_RTA_IP_PROTO, _RTA_SPORT, _RTA_DPORT = 27, 28, 29
_HEADER = struct.Struct("@IHHII")
_RTMSG = struct.Struct("@8BI")
_ATTRIBUTE = struct.Struct("@HH")
_ATTRIBUTES_AT = _HEADER.size + _RTMSG.size
_U32 = struct.Struct("@I")
_STATUS = struct.Struct("@i")
_FAMILIES = {4: socket.AF_INET, 16: socket.AF_INET6}
_REPLY_SIZE = 1024
# Datagrams cannot be sent; EINVAL if the machine does not have the source address.
_UNREACHABLE = frozenset(
    (
        errno.EINVAL,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.EACCES,
        errno.ENODEV,
        errno.ESRCH,
    )
)
# Milliseconds from a notification until lookups are outdated again, because the kernel
# may still be changing routes. Until the first one is over, no notifications are read:
# they may come by the thousand, from a routing daemon.
_DELAYS = (2, 50, 1000)
_MAX_READS = 16


def _open_netlink() -> socket.socket | None:
    try:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        return socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
    except OSError:
        return None


class RouteMonitor:
    """Reads the notifications.

    ``generation`` changes when routes may have changed, and is 0 where that is not
    known. ``due_at`` is when it changes without a notification, in milliseconds, None
    for never.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._step = 0
        self.generation = 0
        self.due_at: int | None = None

    def open(self) -> None:
        """Open the socket if it is closed."""
        if self._socket is None:
            self._socket = _open_netlink()
            try:
                self._join_groups()
            except OSError:
                self.close()
        self._invalidate()

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self.due_at = None

    def descriptor(self, now: int) -> int | None:
        """Return the descriptor to poll, or None while notifications are not read."""
        held_back = self.due_at is not None and self.due_at > now and not self._step
        if self._socket is None or held_back:
            return None
        return self._socket.fileno()

    def update(self, readable: bool, now: int) -> None:
        """Read the notifications if the socket is readable or it is time."""
        due = self.due_at is not None and self.due_at <= now
        if not readable and not due:
            return
        if self._read():
            self._step = 0
        elif due:
            self._step += 1
        else:
            return
        self.due_at = None
        if self._step < len(_DELAYS):
            self.due_at = now + _DELAYS[self._step]
        self._invalidate()

    def record_lookup(self) -> None:
        """Record a lookup: many of them delay the next change of ``generation``."""
        if self.due_at is not None:
            self.due_at += 1

    def _join_groups(self) -> None:
        if self._socket is None:
            return
        self._socket.bind((0, 0))
        for group in _GROUPS:
            self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        try:
            self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _NEXTHOP_GROUP)
        except OSError:
            pass  # before Linux 5.3

    def _invalidate(self) -> None:
        self.generation = 0 if self._socket is None else self.generation + 1

    def _read(self) -> bool:
        found = False
        for _ in range(_MAX_READS):
            try:
                assert self._socket is not None
                self._socket.recv(1)
            except BlockingIOError:
                break
            except OSError:
                pass  # ENOBUFS, reported once: the receive buffer was full
            found = True
        return found


class RouteLookup:
    """Looks up routes."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._sequence = 0

    def open(self) -> None:
        """Open the socket if it is closed."""
        if self._socket is None:
            self._socket = _open_netlink()

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def fits_source(self, endpoint: Endpoint, port: int, fwmark: int) -> bool:
        """Return whether the route from the source leads through the interface.

        Both are those of the endpoint; ``port`` is the local one. True if the kernel
        does not answer.
        """
        if self._socket is None or not endpoint.source or not endpoint.interface:
            return True
        try:
            reply = self._exchange(_pack_query(endpoint, port, fwmark))
        except OSError:
            return True
        kind = _HEADER.unpack_from(reply)[1]
        if kind == _RTM_NEWROUTE:
            return _interface(reply) == endpoint.interface
        if kind == _ERROR:
            return -_STATUS.unpack_from(reply, _HEADER.size)[0] not in _UNREACHABLE
        return True

    def _exchange(self, body: bytes) -> bytes:
        assert self._socket is not None
        self._sequence += 1
        size = _HEADER.size + len(body)
        flags = _NLM_F_REQUEST
        head = _HEADER.pack(size, _RTM_GETROUTE, flags, self._sequence, 0)
        self._socket.send(head + body)
        while True:
            reply = self._socket.recv(_REPLY_SIZE)
            if len(reply) < _HEADER.size + _STATUS.size:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            if _HEADER.unpack_from(reply)[3] == self._sequence:
                return reply


def _pack_query(endpoint: Endpoint, port: int, fwmark: int) -> bytes:
    # With the ports, because a rule may name them (ip-rule(8)).
    size = len(endpoint.address)
    head = (_FAMILIES[size], 8 * size, 8 * size, 0, 0, 0, 0, 0, 0)
    body = _RTMSG.pack(*head)
    body += _attribute(_RTA_DST, endpoint.address)
    body += _attribute(_RTA_SRC, endpoint.source)
    body += _attribute(_RTA_MARK, _U32.pack(fwmark))
    body += _attribute(_RTA_IP_PROTO, bytes((socket.IPPROTO_UDP,)))
    body += _attribute(_RTA_SPORT, struct.pack(">H", port))
    body += _attribute(_RTA_DPORT, struct.pack(">H", endpoint.port))
    if endpoint.scope:
        body += _attribute(_RTA_OIF, _U32.pack(endpoint.scope))
    return body


def _attribute(kind: int, value: bytes) -> bytes:
    head = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind)
    return head + value + bytes(-len(value) % 4)


def _interface(reply: bytes) -> int:
    """Return the output interface in a reply, 0 if it names none."""
    at = _ATTRIBUTES_AT
    while at + _ATTRIBUTE.size + _U32.size <= len(reply):
        size, kind = _ATTRIBUTE.unpack_from(reply, at)
        if size < _ATTRIBUTE.size:
            break
        if kind == _RTA_OIF:
            return int(_U32.unpack_from(reply, at + _ATTRIBUTE.size)[0])
        at += (size + 3) & ~3
    return 0
