"""The interface under netifd: its addresses, routes and MTU, and routes to endpoints.

1. netifd is notified as soon as the interface changes, and applies the difference.
2. The interface depends on no uplink: when one goes down, the endpoints are reached
   through another one, or not at all for a while; the interface stays up.
3. A change counts as handled when netifd has answered both the question for its
   interfaces and the update. Until then both are repeated.
"""

import socket

from ...dataplane.tun import mtu_of
from ...openwrt import netifd
from ...openwrt.netifd_dump import DumpedRoutes
from .. import clock
from ..netlink import path_mtu
from ..netlink.route_list import RouteList
from ..netlink.routes import output_ifindex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...dataplane.tun import Tun
    from ...openwrt.netifd import NextHop
    from ...openwrt.uci_network import InterfaceConfig as UciInterface
    from ..interface import Interface
    from ..netlink.host_routes import HostRoutes
    from ..tasks import Tasks
    from .ubus_connection import UbusConnection

    Table = dict[str, Any]

# Milliseconds between two attempts without an answer of netifd.
_MIN_DELAY, _MAX_DELAY = 1_000, 30_000


class NetifdLink:
    """Configures the link through netifd; replaces ``LinkConfig`` on OpenWrt."""

    def __init__(
        self,
        interface: "Interface",
        tun: "Tun",
        ubus: "UbusConnection",
        tasks: "Tasks",
        host_routes: "HostRoutes",
    ) -> None:
        self._interface = interface
        self._tun = tun
        self._ubus = ubus
        self._tasks = tasks
        self._host_routes = host_routes
        self._configured: UciInterface | None = None
        self._last_state: tuple[Any, ...] = ()
        # The number of changes, of those that a running call handles, and of those that
        # netifd knows.
        self._changes = 0
        self._sent_changes = 0
        self._handled_changes = 0
        self._waiting = False
        self._retry_at = 0
        self._delay = _MIN_DELAY
        self._sent: Table = {}
        self._mtu = 0
        self._further_routes = RouteList(tun)
        # The configuration that netifd knows, and the one of the further routes.
        self._known: UciInterface | None = None
        self._routed: UciInterface | None = None
        for task, function in (
            ("netifd update", self._request_dump),
            ("netifd dump", self._apply_dump),
            ("host routes", self._host_routes.sync),
            ("MTU", self._set_mtu),
            ("routes", self._update_further_routes),
        ):
            tasks.add(task, function)

    def apply(self, configured: "UciInterface") -> None:
        """Apply a configuration of the interface."""
        before = self._configured
        if before and tuple(before.routes()) != tuple(configured.routes()):
            # Without host routes, lookups show which endpoints need one.
            self._tasks.run("host routes", {})
        self._configured = configured
        self._retry_at = 0
        self.update(routes_changed=True)

    def update(self, routes_changed: bool) -> None:
        """Update host routes, MTU and netifd if anything they depend on has changed.

        To be called about once a second. It does not wait for netifd's answers.
        """
        if routes_changed:
            self._changes += 1
        self._tasks.run("netifd update")
        self._tasks.run("routes")

    def _request_dump(self) -> None:
        if self._configured is None:
            return
        endpoints = self._interface.endpoint_addresses()
        state = (endpoints, self._interface.port(), self._ubus.connections)
        if state != self._last_state:
            self._last_state = state
            self._retry_at = 0
            self._changes += 1
        now = clock.boottime()
        handled = self._changes == self._handled_changes
        if handled or self._waiting or now < self._retry_at:
            return
        # Only an answer to this attempt handles the changes: those before it.
        self._sent_changes = self._changes
        self._waiting = True
        self._retry_at = now + self._delay
        self._delay = min(2 * self._delay, _MAX_DELAY)
        self._ubus.call(netifd.INTERFACE, netifd.DUMP, {}, self._handle_dump)

    def _handle_dump(self, dump: "Table | None") -> None:
        if dump is None or not self._tasks.run("netifd dump", dump):
            self._waiting = False

    def _apply_dump(self, dump: "Table") -> None:
        configured = self._configured
        if configured is None:
            return
        endpoints = self._interface.endpoint_addresses()
        others = DumpedRoutes(dump, configured.name, configured.tunlink)
        for complaint in others.complaints:
            self._tasks.log_failure(complaint)
        uplinks = others.uplink_devices()
        routes = self._needed_host_routes(configured, others, endpoints)
        succeeded = self._tasks.run("host routes", routes)
        mtu = configured.mtu or self._path_mtu(endpoints, uplinks)
        succeeded = self._tasks.run("MTU", mtu) and succeeded
        port = self._interface.port()
        device = self._tun.current_name()
        message = netifd.update_link(configured, device, port, uplinks)
        # netifd may have been restarted if there is a new connection.
        sent = {**message, "connections": self._ubus.connections}

        def finish(reply: "Table | None") -> None:
            self._waiting = False
            if reply is not None:
                self._sent = sent
                self._known = configured
                if succeeded:
                    self._handled_changes = self._sent_changes
                    self._retry_at = 0
                    self._delay = _MIN_DELAY

        if sent == self._sent:
            finish({})
        else:
            self._ubus.call(netifd.INTERFACE, netifd.NOTIFY, message, finish)

    def _update_further_routes(self) -> None:
        # netifd has set the link up when it has answered.
        if self._known is not None and self._known is not self._routed:
            self._routed = self._known
            further = netifd.further_routes(self._known)
            self._further_routes.replace(self._known, further)
        if self._routed is not None:
            self._further_routes.tick(self._interface.up)

    def _set_mtu(self, mtu: int) -> None:
        if mtu != self._mtu:
            self._tun.set_mtu(mtu)
            self._mtu = mtu

    def report_fatal_error(self, name: str, code: str, reason: str) -> None:
        """Report an error to netifd, and keep netifd from starting the daemon again."""
        self.report_error(name, code, reason)
        self._notify(netifd.block_restart(name))

    def report_error(self, name: str, code: str, reason: str) -> None:
        """Report an error to netifd, which shows it with the interface."""
        self._notify(netifd.notify_error(name, code, reason))

    def close(self) -> None:
        """Remove all host routes."""
        self._host_routes.close()

    def _notify(self, message: "Table") -> None:
        self._ubus.call(netifd.INTERFACE, netifd.NOTIFY, message, lambda reply: None)

    def _needed_host_routes(
        self,
        configured: "UciInterface",
        others: DumpedRoutes,
        endpoints: "frozenset[bytes]",
    ) -> "dict[bytes, NextHop]":
        routes = {}
        fwmark = self._interface.fwmark()
        for address in () if configured.nohostroute else endpoints:
            if configured.tunlink or self._host_routes.is_needed(address, fwmark):
                route = others.find_next_hop(address)
                if route:
                    routes[address] = route
        return routes

    def _path_mtu(self, endpoints: "frozenset[bytes]", uplinks: "list[str]") -> int:
        paths = []
        for address in endpoints:
            ifindex = output_ifindex(address, self._interface.fwmark())
            if ifindex and ifindex != self._tun.index:
                paths.append((len(address), _mtu_of_ifindex(ifindex)))
        return path_mtu.tunnel_mtu(paths or [(16, _mtu_of(name)) for name in uplinks])


def _mtu_of_ifindex(ifindex: int) -> int:
    try:
        return _mtu_of(socket.if_indextoname(ifindex))
    except OSError:
        return 0


def _mtu_of(device: str) -> int:
    try:
        return mtu_of(device)
    except OSError:
        return 0
