"""The UDP sockets: one for each address family of the machine, on one port.

Each datagram has its own TOS and source address: a reply leaves from the address that
the request was sent to. Errors of a send or receive (no route, link down, ICMP) drop
one datagram and have no further effect.
"""

import errno
import socket
import struct

from ...core import drop_reasons
from ...core.endpoint import Endpoint
from ..architecture import MIPS
from .routes import RouteLookup, RouteMonitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Python 3.11 does not name these.
_IP_PKTINFO = 8
_IP_MTU_DISCOVER = 10
_IP_PMTUDISC_DONT = 0
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 31 if MIPS else 32, 33

_SOCKET_BUFFER = 1 << 20
_ANCILLARY_SIZE = 256
_RANDOM_PORT_TRIES = 32
# The source address was removed, or does not match the route.
_STALE_SOURCE = frozenset(
    (errno.EINVAL, errno.EADDRNOTAVAIL, errno.ENODEV, errno.ENETUNREACH)
)


def drop_reason(operation: str, error: OSError) -> str:
    """Return the drop reason of a failed operation; see ``drop_reasons.of_errno``."""
    name = errno.errorcode.get(error.errno or 0, "")
    return drop_reasons.of_errno(operation, name)


class Udp:
    """An IPv4 and an IPv6 socket; ``drop`` is called with the reason of each drop.

    ``routes`` monitors the routes of their network namespace while they are open.
    """

    def __init__(self, drop: "Callable[[str], None]") -> None:
        self._drop = drop
        self._sockets: dict[int, socket.socket] = {}
        self._fwmark = 0
        self._last: tuple[Any, Endpoint] = (None, Endpoint(b"", 0))
        self._lookup = RouteLookup()
        self.routes = RouteMonitor()
        self.port = 0

    def descriptors(self) -> list[int]:
        """Return the descriptors to poll."""
        return [sock.fileno() for sock in self._sockets.values()]

    def listen(self, port: int) -> int:
        """Bind new sockets to a port (0: any), close the old ones, and return the port.

        Raises OSError, with the old sockets still open, if the port is unavailable.
        """
        if port and port == self.port:
            return port
        sockets = self._open_pair(port)
        self.close()
        self._sockets = sockets
        self.port = next(iter(sockets.values())).getsockname()[1]
        self._lookup.open()
        self.routes.open()
        return self.port

    def close(self) -> None:
        """Close the sockets; datagrams are dropped until ``listen``."""
        for sock in self._sockets.values():
            sock.close()
        self._sockets = {}
        self.port = 0
        self._lookup.close()
        self.routes.close()

    def set_fwmark(self, fwmark: int) -> None:
        """Set the mark of sent datagrams (SO_MARK); raises OSError if not permitted."""
        for sock in self._sockets.values():
            _mark(sock, fwmark)
        self._fwmark = fwmark

    def check_source(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint, without its source if the route leads elsewhere."""
        if self._lookup.fits_source(endpoint, self.port, self._fwmark):
            return endpoint
        return endpoint.without_source()

    def send(
        self, data: memoryview | bytes, endpoint: Endpoint, tos: int
    ) -> tuple[bool, Endpoint]:
        """Send a datagram; return whether it was sent, and the endpoint.

        If the source of the endpoint is stale, the endpoint is returned without it.
        """
        family = _FAMILIES[len(endpoint.address)]
        sock = self._sockets.get(family.af)
        if sock is None:
            self._drop("no_socket")
            return False, endpoint
        try:
            sock.sendmsg(
                (data,), family.ancillary(endpoint, tos), 0, family.sockaddr(endpoint)
            )
        except OSError as error:
            if endpoint.source and error.errno in _STALE_SOURCE:
                return self.send(data, endpoint.without_source(), tos)
            self._drop(drop_reason("send", error))
            return False, endpoint
        return True, endpoint

    def receive(
        self, descriptor: int, buffer: bytearray
    ) -> tuple[int, Endpoint, int] | None:
        """Receive a datagram into ``buffer``; return length, source and TOS, or None.

        The length is 0 if the datagram is larger than the buffer.
        """
        sock = next(s for s in self._sockets.values() if s.fileno() == descriptor)
        try:
            length, ancillary, flags, address = sock.recvmsg_into(
                (buffer,), _ANCILLARY_SIZE
            )
        except BlockingIOError:
            return None
        except OSError as error:
            self._drop(drop_reason("receive", error))
            return None
        source, tos = self._parse_ancillary(sock.family, address, ancillary)
        return (0 if flags & socket.MSG_TRUNC else length), source, tos

    def _parse_ancillary(
        self, family: int, address: "Any", ancillary: "list[tuple[int, int, bytes]]"
    ) -> tuple[Endpoint, int]:
        tos, packet_info = 0, b""
        for level, kind, data in ancillary:
            if (level, kind) in _TOS_MESSAGES:
                tos = data[0] if len(data) == 1 else struct.unpack_from("@i", data)[0]
            elif (level, kind) in _PACKET_INFO_MESSAGES:
                packet_info = data
        known, endpoint = self._last
        if known != (address, packet_info):
            endpoint = _BY_AF[family].endpoint(address, packet_info)
            self._last = ((address, packet_info), endpoint)
        return endpoint, tos

    def _open_pair(self, port: int) -> dict[int, socket.socket]:
        for attempt in range(_RANDOM_PORT_TRIES):
            sockets: dict[int, socket.socket] = {}
            try:
                chosen = port
                for family in _FAMILIES.values():
                    sock = family.open(chosen, self._fwmark)
                    if sock is not None:
                        sockets[family.af] = sock
                        chosen = sock.getsockname()[1]
                if not sockets:
                    raise OSError(
                        errno.EAFNOSUPPORT, "neither IPv4 nor IPv6 is available"
                    )
                return sockets
            except OSError as error:
                for sock in sockets.values():
                    sock.close()
                # A random port of one family may be in use in the other.
                last_try = attempt + 1 == _RANDOM_PORT_TRIES
                if port or error.errno != errno.EADDRINUSE or last_try:
                    raise
        raise AssertionError("unreachable")


class _Family:
    """What differs between IPv4 and IPv6."""

    af = 0
    any_address = ""
    options: tuple[tuple[int, int, int], ...] = ()

    def open(self, port: int, fwmark: int) -> socket.socket | None:
        """Return a bound socket, or None if the machine lacks this family."""
        try:
            sock = socket.socket(self.af, socket.SOCK_DGRAM)
        except OSError as error:
            if error.errno == errno.EAFNOSUPPORT:
                return None
            raise
        try:
            sock.setblocking(False)
            for level, option, value in self.options:
                sock.setsockopt(level, option, value)
            _enlarge_buffers(sock)
            if fwmark:
                _mark(sock, fwmark)
            sock.bind((self.any_address, port))
        except OSError as error:
            sock.close()
            if error.errno == errno.EADDRNOTAVAIL:
                return None
            raise
        return sock

    def sockaddr(self, endpoint: Endpoint) -> "Any":
        raise NotImplementedError

    def ancillary(self, endpoint: Endpoint, tos: int) -> "list[Any]":
        raise NotImplementedError

    def endpoint(self, address: "Any", packet_info: bytes) -> Endpoint:
        raise NotImplementedError


class _Ipv4(_Family):
    af = socket.AF_INET
    any_address = "0.0.0.0"
    options = (
        (socket.IPPROTO_IP, _IP_PKTINFO, 1),
        (socket.IPPROTO_IP, socket.IP_RECVTOS, 1),
        # No DF (linux): path MTU discovery fails where ICMP is blocked.
        (socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT),
    )

    def sockaddr(self, endpoint: Endpoint) -> "Any":
        return socket.inet_ntop(self.af, endpoint.address), endpoint.port

    def ancillary(self, endpoint: Endpoint, tos: int) -> "list[Any]":
        messages: list[Any] = []
        if tos:
            value = struct.pack("@i", tos)
            messages.append((socket.IPPROTO_IP, socket.IP_TOS, value))
        if endpoint.source:
            # The route selects the interface: a fixed one would prevent failover.
            info = struct.pack("@I4s4x", 0, endpoint.source)
            messages.append((socket.IPPROTO_IP, _IP_PKTINFO, info))
        return messages

    def endpoint(self, address: "Any", packet_info: bytes) -> Endpoint:
        remote = socket.inet_pton(self.af, address[0])
        interface, source = struct.unpack_from("@I4s", packet_info or bytes(8))
        return Endpoint(
            remote, address[1], 0, source if packet_info else b"", interface
        )


class _Ipv6(_Family):
    af = socket.AF_INET6
    any_address = "::"
    options = (
        (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1),
        (socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1),
        (socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1),
    )

    def sockaddr(self, endpoint: Endpoint) -> "Any":
        address = socket.inet_ntop(self.af, endpoint.address)
        return address, endpoint.port, 0, endpoint.scope

    def ancillary(self, endpoint: Endpoint, tos: int) -> "list[Any]":
        messages: list[Any] = []
        if tos:
            value = struct.pack("@i", tos)
            messages.append((socket.IPPROTO_IPV6, socket.IPV6_TCLASS, value))
        if endpoint.source:
            # A link-local source needs its interface.
            interface = endpoint.interface if endpoint.scope else 0
            info = struct.pack("@16sI", endpoint.source, interface)
            messages.append((socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info))
        return messages

    def endpoint(self, address: "Any", packet_info: bytes) -> Endpoint:
        host, port, _, scope = address
        remote = socket.inet_pton(self.af, host.partition("%")[0])
        source, interface = struct.unpack_from("@16sI", packet_info or bytes(20))
        return Endpoint(remote, port, scope, source if packet_info else b"", interface)


# By the size of an address, in the order in which sockets are bound.
_FAMILIES: dict[int, _Family] = {4: _Ipv4(), 16: _Ipv6()}
_BY_AF = {family.af: family for family in _FAMILIES.values()}
_TOS_MESSAGES = frozenset(
    (
        (socket.IPPROTO_IP, socket.IP_TOS),
        (socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
    )
)
_PACKET_INFO_MESSAGES = frozenset(
    (
        (socket.IPPROTO_IP, _IP_PKTINFO),
        (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO),
    )
)


def _mark(sock: socket.socket, fwmark: int) -> None:
    # setsockopt accepts no integer above 31 bits.
    mark = struct.pack("@I", fwmark)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)


def _enlarge_buffers(sock: socket.socket) -> None:
    for option in (_SO_SNDBUFFORCE, _SO_RCVBUFFORCE):
        try:
            sock.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER)
        except OSError:
            pass  # not root, or no such option: keep the default size
