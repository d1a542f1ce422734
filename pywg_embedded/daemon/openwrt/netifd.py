"""Our link in netifd's hands: addresses, routes, and ways to the peers outside of it.

1. netifd hears of it as soon as anything of it changes, and applies the difference.
2. Nothing depends on an uplink: when one goes, another leads to the peers, or none
   does for a while; the link stays.
"""

import socket

from ...dataplane.tun import mtu_of
from ...openwrt import netifd
from ..netlink import path_mtu
from ..netlink.host_routes import HostRoutes
from ..netlink.routes import output_interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...dataplane.tun import Tun
    from ...openwrt.netifd import NextHop
    from ...openwrt.uci_network import InterfaceConfig as Wanted
    from ..interface import Interface
    from ..log import Log
    from .ubus_connection import UbusConnection

    Table = dict[str, Any]


class NetifdLink:
    """Stands where ``LinkConfig`` stands on a machine without netifd."""

    def __init__(
        self, interface: "Interface", tun: "Tun", ubus: "UbusConnection", log: "Log"
    ):
        self._interface = interface
        self._tun = tun
        self._ubus = ubus
        self._host_routes = HostRoutes(log)
        self._wanted: Wanted | None = None
        self._last_state: tuple[Any, ...] = ()
        self._sent: Table = {}
        self._mtu = 0

    def apply(self, wanted: "Wanted") -> None:
        """From now on it shall be so."""
        before = self._wanted
        if before and tuple(before.routes()) != tuple(wanted.routes()):
            self._host_routes.sync({})  # who needs one is seen without them
        self._wanted = wanted
        self.update(routes_changed=True)

    def update(self, routes_changed: bool) -> None:
        """Look whether anything is different; to be called every second or so."""
        wanted = self._wanted
        if wanted is None:
            return
        endpoints = self._interface.endpoint_addresses()
        port = self._interface.port()
        state = (endpoints, port, self._ubus.connections)
        if state == self._last_state and not routes_changed:
            return
        dump = self._ubus.call(netifd.INTERFACE, netifd.DUMP, {})
        if dump is None:
            return
        self._last_state = state
        self._host_routes.sync(self._needed_host_routes(wanted, dump, endpoints))
        uplinks = netifd.uplink_devices(dump, wanted.name, wanted.tunlink)
        self._set_mtu(wanted.mtu or self._path_mtu(endpoints, uplinks))
        self._send_update(netifd.update_link(wanted, self._tun.name, port, uplinks))

    def report_fatal_error(self, name: str, code: str, reason: str) -> None:
        """Say why we cannot go on, and that trying again would be in vain."""
        self.report_error(name, code, reason)
        self._notify(netifd.block_restart(name))

    def report_error(self, name: str, code: str, reason: str) -> None:
        """Say that something is wrong."""
        self._notify(netifd.notify_error(name, code, reason))

    def close(self) -> None:
        """Leave no route behind."""
        self._host_routes.sync({})

    def _send_update(self, message: "Table") -> None:
        sent = {**message, "connections": self._ubus.connections}
        if sent != self._sent and self._notify(message):
            self._sent = sent

    def _notify(self, message: "Table") -> bool:
        answer = self._ubus.call(netifd.INTERFACE, netifd.NOTIFY, message)
        return answer is not None

    def _needed_host_routes(
        self, wanted: "Wanted", dump: "Table", endpoints: "frozenset[bytes]"
    ) -> "dict[bytes, NextHop]":
        ways = {}
        for address in () if wanted.nohostroute else endpoints:
            if wanted.tunlink or self._is_routed_into_tunnel(address):
                way = netifd.find_next_hop(dump, wanted.name, address, wanted.tunlink)
                if way:
                    ways[address] = way
        return ways

    def _is_routed_into_tunnel(self, address: bytes) -> bool:
        """Whether the way to it leads, or would lead, through our own link."""
        if address in self._host_routes.addresses():
            return True
        return output_interface(address, self._interface.fwmark()) == self._tun.index

    def _path_mtu(self, endpoints: "frozenset[bytes]", uplinks: "list[str]") -> int:
        paths = []
        for address in endpoints:
            index = output_interface(address, self._interface.fwmark())
            if index and index != self._tun.index:
                paths.append((len(address), _mtu_of(_name_of(index))))
        return path_mtu.tunnel_mtu(paths or [(16, _mtu_of(one)) for one in uplinks])

    def _set_mtu(self, mtu: int) -> None:
        if mtu != self._mtu:
            self._tun.set_mtu(mtu)
            self._mtu = mtu


def _name_of(index: int) -> str:
    try:
        return socket.if_indextoname(index)
    except OSError:
        return ""


def _mtu_of(device: str) -> int:
    try:
        return mtu_of(device)
    except OSError:
        return 0
