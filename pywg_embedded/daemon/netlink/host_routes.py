"""Routes to endpoints that would otherwise lead into the tunnel itself.

Nobody else knows when such a route is due, and netifd's own, once made, stay with the
uplink that was the best one then. These follow the uplinks, and go when we go.
"""

import errno
import socket

from ...control.address import format_ip
from . import messages
from .routes import RTM_DELROUTE, RTM_NEWROUTE, route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...openwrt.netifd import NextHop
    from ..log import Log

_CREATE_OR_REPLACE = messages.CREATE | messages.REPLACE
_GONE_ALREADY = (errno.ESRCH, errno.ENODEV)


class HostRoutes:
    """One route an address, in the main table."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        self._made: dict[bytes, tuple[NextHop, bytes]] = {}
        self._complaints: dict[bytes, str] = {}

    def addresses(self) -> "set[bytes]":
        """Where there are routes to."""
        return set(self._made)

    def sync(self, ways: "dict[bytes, NextHop]") -> None:
        """Have these routes, and no other. What was made is made again: the kernel
        drops a route without a word when its device goes down."""
        for address in set(self._made) - set(ways):
            self._remove(address)
        for address, way in ways.items():
            if address in self._made and self._made[address][0] != way:
                self._remove(address)
            self._make(address, way)

    def _make(self, address: bytes, way: "NextHop") -> None:
        try:
            index = socket.if_nametoindex(way.device)
            body = route((address, 8 * len(address)), index, gateway=way.gateway)
            messages.request(RTM_NEWROUTE, body, _CREATE_OR_REPLACE)
        except OSError as error:
            text = f"route to {format_ip(address)} by {way.device}: {error.strerror}"
            if self._complaints.get(address) != text:
                self._log.error(text)
            self._complaints[address] = text
            return
        self._complaints.pop(address, None)
        self._made[address] = (way, body)

    def _remove(self, address: bytes) -> None:
        _, body = self._made.pop(address)
        try:
            messages.request(RTM_DELROUTE, body)
        except OSError as error:
            if error.errno not in _GONE_ALREADY:
                self._log.error(f"route to {format_ip(address)}: {error.strerror}")
