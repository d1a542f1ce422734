"""Host routes to endpoints that a wider route would lead into the tunnel itself.

netifd does not know when such a route is needed, and a host route that netifd has made
stays with the uplink that was the best one at that time. These routes follow the
uplinks, and are removed when the daemon ends.
"""

import errno
import socket

from ...control.address import format_ip
from . import messages
from .routes import RTM_DELROUTE, RTM_NEWROUTE, pack_route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...openwrt.netifd import NextHop
    from ..log import Log

_CREATE_OR_REPLACE = messages.CREATE | messages.REPLACE
_ALREADY_GONE = (errno.ESRCH, errno.ENODEV)


class HostRoutes:
    """Up to one route per address, in the main table."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        self._installed: dict[bytes, tuple[NextHop, bytes]] = {}
        self._logged: dict[bytes, str] = {}

    def addresses(self) -> "set[bytes]":
        """Return the addresses that there are routes to."""
        return set(self._installed)

    def sync(self, routes: "dict[bytes, NextHop]") -> None:
        """Install these routes by address, and remove all others.

        An installed route is installed again: the kernel removes routes without a
        notification when their device goes down.
        """
        for address in set(self._installed) - set(routes):
            self._remove(address)
        for address, route in routes.items():
            if address in self._installed and self._installed[address][0] != route:
                self._remove(address)
            self._install(address, route)

    def _install(self, address: bytes, route: "NextHop") -> None:
        try:
            ifindex = socket.if_nametoindex(route.device)
            prefix = (address, 8 * len(address))
            body = pack_route(prefix, ifindex, gateway=route.gateway)
            messages.request(RTM_NEWROUTE, body, _CREATE_OR_REPLACE)
        except OSError as error:
            text = (
                f"cannot add route to {format_ip(address)} via {route.device}: "
                f"{error.strerror}"
            )
            if self._logged.get(address) != text:
                self._log.error(text)
            self._logged[address] = text
            return
        self._logged.pop(address, None)
        self._installed[address] = (route, body)

    def _remove(self, address: bytes) -> None:
        _, body = self._installed.pop(address)
        try:
            messages.request(RTM_DELROUTE, body)
        except OSError as error:
            if error.errno not in _ALREADY_GONE:
                self._log.error(
                    f"cannot remove route to {format_ip(address)}: {error.strerror}"
                )
