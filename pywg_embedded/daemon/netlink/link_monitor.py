"""The state of our link, and notifications that routes or addresses have changed.

A netlink socket receives the notifications of one network namespace, the one in which
it was opened. After the interface is moved out of it, the TUN descriptor still tells
whether the link is up.
"""

import socket

from ...dataplane.tun import Tun
from . import messages
from .messages import (
    ERROR,
    IFF_UP,
    IFINFO,
    IFLA_MTU,
    RTM_DELLINK,
    RTM_GETLINK,
    RTM_NEWLINK,
    U32,
)

_LINKS = 0x1
# IPv4 and IPv6: address, route, rule.
_ROUTES = 0x10 | 0x100 | 0x40 | 0x400 | 0x80 | 0x40000
_MAX_READS = 16


class LinkMonitor:
    """Monitors the link of a TUN device.

    ``up`` is None once the link is deleted; ``mtu`` is its last known MTU. ``left`` is
    set once the link is in another network namespace, or deleted; ``index`` is its
    interface index.
    """

    def __init__(self, tun: Tun) -> None:
        self._tun = tun
        self._socket = messages.open_socket(_LINKS)
        self._socket.setblocking(False)
        self.index = tun.index
        # Read once a second, into a buffer for a few notifications: a routing daemon
        # may cause thousands, and no more is needed than whether there was one.
        self._routes = messages.open_socket(_ROUTES)
        self._routes.setblocking(False)
        self._routes.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        self.left = False
        self._routes_changed = False
        self.up: bool | None = tun.is_up()
        self.mtu = tun.mtu()

    def descriptor(self) -> int:
        """Return the descriptor that is readable when ``read`` is due."""
        return self._socket.fileno()

    def read(self) -> None:
        """Process all pending notifications."""
        lost = False
        while True:
            try:
                data = self._socket.recv(messages.BUFFER)
            except BlockingIOError:
                break
            except OSError:
                # ENOBUFS, reported once: the receive buffer overflowed.
                lost = True
                continue
            for kind, body in messages.parse_messages(data):
                self._handle_message(kind, body)
        if lost:
            self._resynchronize()

    def poll(self) -> None:
        """Read the state from the descriptor where there are no notifications.

        It is cheap, but once a second is enough.
        """
        if self.left:
            self.up = self._tun.probe()

    def take_routes_changed(self) -> bool:
        """Return whether routes may have changed since the last call.

        That is after a change of a route, an address, a rule or a link.
        """
        changed, self._routes_changed = self._routes_changed, False
        for _ in range(_MAX_READS):
            try:
                self._routes.recv(1)
            except BlockingIOError:
                break
            except OSError:
                pass  # ENOBUFS: there were more than the buffer holds
            changed = True
        return changed

    def close(self) -> None:
        """Close the sockets."""
        self._socket.close()
        self._routes.close()

    def _resynchronize(self) -> None:
        # Only now that the buffer has room again; the reply is read as a notification.
        self._routes_changed = True
        if self.left:
            return
        body = IFINFO.pack(0, 0, self._tun.index, 0, 0)
        try:
            self._socket.send(messages.pack_request(RTM_GETLINK, body))
        except OSError:
            self.left = True

    def _handle_message(self, kind: int, body: bytes) -> None:
        if kind == ERROR:
            self.left = True  # the reply to _resynchronize: no such link
            return
        if kind not in (RTM_NEWLINK, RTM_DELLINK):
            return
        _, _, index, flags, _ = IFINFO.unpack_from(body)
        # Once ours has left, its index may be that of another interface.
        if index != self._tun.index or self.left:
            # The IPv4 routes of a link that goes down vanish without a notification.
            self._routes_changed = True
            return
        if kind == RTM_DELLINK:
            self.left = True
            self.poll()
            return
        self.up = bool(flags & IFF_UP)
        mtu = messages.parse_attributes(body[IFINFO.size :]).get(IFLA_MTU)
        if mtu is not None:
            self.mtu = U32.unpack(mtu)[0]
