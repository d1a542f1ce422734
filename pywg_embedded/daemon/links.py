"""The kernel's news about links, addresses and routes (rtnetlink).

A netlink socket hears of one network namespace, the one we were born in. When our
interface is moved out of it, its descriptor still tells whether it is up.
"""

import socket
import struct

from ..dataplane.tun import Tun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..core.endpoint import Endpoint

_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400  # link; IPv4 and IPv6 address, route
_RTM_NEWLINK, _RTM_DELLINK, _RTM_NEWROUTE, _RTM_GETROUTE = 16, 17, 24, 26
_NLM_F_REQUEST = 1
_IFF_UP = 1
_IFLA_MTU = 4
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_MARK = 1, 2, 4, 16
_HEADER = struct.Struct("@IHHII")
_IFINFO = struct.Struct("@BxHiII")
_RTMSG = struct.Struct("@8BI")
_ATTRIBUTE = struct.Struct("@HH")
_BUFFER = 65_536
_FAMILIES = {4: socket.AF_INET, 16: socket.AF_INET6}
_ANSWER_TIME = 1.0


class Links:
    """``up`` and ``mtu`` of the TUN, None for ``up`` when it is gone.

    ``routes_changed`` is set when a route or an address came or went.
    """

    def __init__(self, tun: Tun) -> None:
        self._tun = tun
        self._socket = _netlink(_GROUPS)
        self._socket.setblocking(False)
        self._away = False
        self.routes_changed = False
        self.up: bool | None = tun.is_up()
        self.mtu = tun.mtu()

    def descriptor(self) -> int:
        """What to watch."""
        return self._socket.fileno()

    def read(self) -> None:
        """Take in the news that wait."""
        while True:
            try:
                data = self._socket.recv(_BUFFER)
            except BlockingIOError:
                return
            except OSError:
                # ENOBUFS: there was more than the socket holds. Look for ourselves.
                self.routes_changed = True
                self._away = True
                return
            for kind, body in _messages(data):
                self._note(kind, body)

    def look(self) -> None:
        """Ask the descriptor where no news come: cheap, but once a second will do."""
        if self._away:
            self.up = self._tun.probe()

    def leads_elsewhere(self, endpoint: "Endpoint", fwmark: int) -> bool:
        """Whether packets from this endpoint's source now leave by another interface
        than it was spoken to on, or not at all."""
        with _netlink(0) as sock:
            sock.settimeout(_ANSWER_TIME)
            try:
                sock.send(_route_request(endpoint, fwmark))
                answer = sock.recv(_BUFFER)
            except OSError:
                return False
        for kind, body in _messages(answer):
            if kind == _RTM_NEWROUTE:
                found = _attributes(body[_RTMSG.size :]).get(_RTA_OIF, bytes(4))
                return found != struct.pack("@I", endpoint.interface)
        return True

    def close(self) -> None:
        """No more news."""
        self._socket.close()

    def _note(self, kind: int, body: bytes) -> None:
        if kind not in (_RTM_NEWLINK, _RTM_DELLINK):
            self.routes_changed = True
            return
        _, _, index, flags, _ = _IFINFO.unpack_from(body)
        if index != self._tun.index:
            return
        if kind == _RTM_DELLINK:
            self._away = True
            self.look()
            return
        self.up = bool(flags & _IFF_UP)
        mtu = _attributes(body[_IFINFO.size :]).get(_IFLA_MTU)
        if mtu is not None:
            self.mtu = struct.unpack("@I", mtu)[0]


def _netlink(groups: int) -> socket.socket:
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    sock = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
    sock.bind((0, groups))
    return sock


def _route_request(endpoint: "Endpoint", fwmark: int) -> bytes:
    bits = 8 * len(endpoint.address)
    family = _FAMILIES[len(endpoint.address)]
    body = _RTMSG.pack(family, bits, bits, 0, 0, 0, 0, 0, 0)
    body += _attribute(_RTA_DST, endpoint.address)
    body += _attribute(_RTA_SRC, endpoint.source)
    body += _attribute(_RTA_MARK, struct.pack("@I", fwmark))
    size = _HEADER.size + len(body)
    return _HEADER.pack(size, _RTM_GETROUTE, _NLM_F_REQUEST, 1, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value


def _messages(data: bytes) -> "Iterator[tuple[int, bytes]]":
    while len(data) >= _HEADER.size:
        size, kind = _HEADER.unpack_from(data)[:2]
        yield kind, data[_HEADER.size : size]
        data = data[_aligned(max(size, _HEADER.size)) :]


def _attributes(data: bytes) -> dict[int, bytes]:
    found = {}
    while len(data) >= _ATTRIBUTE.size:
        size, kind = _ATTRIBUTE.unpack_from(data)
        found[kind] = data[_ATTRIBUTE.size : size]
        data = data[_aligned(max(size, _ATTRIBUTE.size)) :]
    return found


def _aligned(size: int) -> int:
    return (size + 3) & ~3
