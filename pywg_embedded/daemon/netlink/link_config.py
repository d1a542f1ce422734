"""Addresses, MTU and routes of our link, on machines without netifd.

No route of another program is replaced: a default route is added as two halves, beside
the one of the uplink, and host routes lead to the endpoints outside the tunnel.
"""

import errno
import struct

from ...control.address import clear_host_bits, format_allowed_ip
from ...core.constants import DEFAULT_MTU
from . import messages
from .main_table import MainTable
from .messages import FAMILIES, IFF_UP, IFINFO, IFLA_MTU, RTM_NEWLINK, U32
from .routes import pack_route, table_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...core.config import AllowedIP
    from ...dataplane.tun import Tun
    from ...openwrt.netifd import NextHop
    from ...openwrt.uci_network import InterfaceConfig
    from ..interface import Interface
    from ..log import Log
    from .host_routes import HostRoutes

    # Type of the message that creates it, and body.
    NetlinkObject = tuple[int, bytes]

# The type of the message that deletes an object is that of the one that creates it + 1.
_DELETE = 1
_RTM_NEWADDR, _RTM_NEWROUTE = 20, 24
_EXISTS = "another route to it has the same metric; set option metric"
_IFA_F_NODAD = 0x02
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_IFADDR = struct.Struct("@4BI")
_ALREADY_GONE = (errno.ESRCH, errno.EADDRNOTAVAIL, errno.ENODEV)


class LinkConfig:
    """Configures the link, and removes what is no longer configured.

    Addresses and routes that others have added are left alone.
    """

    def __init__(
        self,
        interface: "Interface",
        tun: "Tun",
        host_routes: "HostRoutes",
        log: "Log",
    ) -> None:
        self._interface = interface
        self._tun = tun
        self._host_routes = host_routes
        self._log = log
        self._configured: InterfaceConfig | None = None
        # With a text for log messages.
        self._wanted: dict[NetlinkObject, str] = {}
        self._added: dict[NetlinkObject, str] = {}
        # Why an object could not be added, as it was logged last.
        self._errors: dict[NetlinkObject, str] = {}
        self._table_error = ""
        self._last_state: tuple[Any, ...] = ()
        # Something has changed since the last update that succeeded.
        self._dirty = False

    def apply(self, interface: "InterfaceConfig") -> None:
        """Configure the link and set it up; log what the kernel rejects."""
        before = self._configured
        if before and tuple(before.routes()) != tuple(interface.routes()):
            # Without host routes, lookups show which endpoints need one.
            self._host_routes.sync({})
        self._configured = interface
        self._wanted = self._addresses(interface) | self._routes(interface)
        self._errors.clear()
        for netlink_object, text in list(self._added.items()):
            if netlink_object not in self._wanted:
                self._remove(netlink_object, text)
        self._set_link(interface.mtu or DEFAULT_MTU)
        for netlink_object, text in self._wanted.items():
            self._add(netlink_object, text)
        self.update(routes_changed=True)

    def update(self, routes_changed: bool) -> None:
        """Update the host routes, and add again what the kernel has removed.

        To be called about once a second.
        """
        endpoints = self._interface.endpoint_addresses()
        state = (endpoints, self._interface.fwmark(), self._interface.up)
        if state != self._last_state or routes_changed:
            self._last_state = state
            self._dirty = True
        if not self._dirty:
            return
        if self._interface.up:
            self._restore()
        try:
            self._host_routes.sync(self._needed_host_routes(endpoints))
        except OSError as error:
            reason = f"cannot read the routing table: {error}; will retry"
            if reason != self._table_error:
                self._log.error(reason)
            self._table_error = reason
            return
        self._table_error = ""
        self._dirty = False

    def _restore(self) -> None:
        # With a link that goes down, the kernel removes all routes and IPv6 addresses.
        added = list(self._added.items())
        if added and self._add(*added[-1]):
            for netlink_object, text in added:
                self._add(netlink_object, text)

    def close(self) -> None:
        """Remove all that was added; other programs may have opened the TUN device."""
        for netlink_object, text in list(self._added.items()):
            self._remove(netlink_object, text)
        self._host_routes.close()

    def _needed_host_routes(
        self, endpoints: "frozenset[bytes]"
    ) -> "dict[bytes, NextHop]":
        if self._configured is None or self._configured.nohostroute:
            return {}
        tables: dict[int, MainTable] = {}
        routes = {}
        fwmark = self._interface.fwmark()
        for address in endpoints:
            if not self._host_routes.is_needed(address, fwmark):
                continue
            size = len(address)
            if size not in tables:
                tables[size] = MainTable(size, self._tun.index)
            next_hop = tables[size].next_hop(address)
            if next_hop:
                routes[address] = next_hop
        return routes

    def _set_link(self, mtu: int) -> None:
        body = IFINFO.pack(0, 0, self._tun.index, IFF_UP, IFF_UP)
        body += messages.pack_attribute(IFLA_MTU, U32.pack(mtu))
        try:
            messages.request(RTM_NEWLINK, body)
        except OSError as error:
            self._log.error(f"cannot set link up with MTU {mtu}: {error.strerror}")

    def _add(self, netlink_object: "NetlinkObject", text: str) -> bool:
        """Add an object and return whether it is new; log each error once."""
        kind, body = netlink_object
        try:
            messages.request(kind, body, messages.CREATE | messages.EXCLUSIVE)
        except OSError as error:
            exists = error.errno == errno.EEXIST
            if exists and (kind == _RTM_NEWADDR or netlink_object in self._added):
                return False
            reason = _EXISTS if exists else str(error.strerror)
            if self._errors.get(netlink_object) != reason:
                self._log.error(f"cannot add {text}: {reason}")
            self._errors[netlink_object] = reason
            return False
        self._errors.pop(netlink_object, None)
        self._added[netlink_object] = text
        return True

    def _remove(self, netlink_object: "NetlinkObject", text: str) -> None:
        kind, body = netlink_object
        del self._added[netlink_object]
        try:
            messages.request(kind + _DELETE, body)
        except OSError as error:
            if error.errno not in _ALREADY_GONE:
                self._log.error(f"cannot remove {text}: {error.strerror}")

    def _addresses(self, interface: "InterfaceConfig") -> "dict[NetlinkObject, str]":
        return {
            (
                _RTM_NEWADDR,
                self._address(prefix),
            ): f"address {format_allowed_ip(prefix)}"
            for prefix in interface.addresses
        }

    def _address(self, prefix: "AllowedIP") -> bytes:
        address, length = prefix
        family = FAMILIES[len(address)]
        body = _IFADDR.pack(family, length, _IFA_F_NODAD, 0, self._tun.index)
        body += messages.pack_attribute(_IFA_LOCAL, address)
        return body + messages.pack_attribute(_IFA_ADDRESS, address)

    def _routes(self, interface: "InterfaceConfig") -> "dict[NetlinkObject, str]":
        tables = {4: interface.ip4table, 16: interface.ip6table}
        routes = {}
        # The kernel adds these itself.
        connected = {
            (clear_host_bits(address, length), length)
            for address, length in interface.addresses
            if length < 8 * len(address)
        }
        for prefix in interface.kernel_routes():
            name = tables[len(prefix[0])]
            if prefix in connected and not interface.metric and name is None:
                continue
            text = f"route {format_allowed_ip(prefix)}"
            table = table_number(name)
            if table is None:
                self._log.error(
                    f"cannot add {text}: unknown table {name}; give its number"
                )
            else:
                metric = interface.metric or 0
                body = pack_route(prefix, self._tun.index, table, metric)
                routes[_RTM_NEWROUTE, body] = text
        return routes
