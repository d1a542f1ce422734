"""Addresses, MTU and routes of our link, on machines without netifd."""

import errno
import struct

from ...control.address import format_allowed_ip
from ...control.text import parse_number
from ...core.constants import DEFAULT_MTU
from ...core.errors import ConfigError
from ...dataplane.tun import Tun
from ..log import Log
from . import messages
from .messages import FAMILIES, IFF_UP, IFINFO, IFLA_MTU, RTM_NEWLINK, U32
from .routes import MAIN_TABLE, pack_route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...core.config import AllowedIP
    from ...openwrt.uci_network import InterfaceConfig

    # Type of the message that creates it, and body.
    NetlinkObject = tuple[int, bytes]

# The type of the message that deletes an object is that of the one that creates it + 1.
_DELETE = 1
_RTM_NEWADDR, _RTM_NEWROUTE = 20, 24
_IFA_F_NODAD = 0x02
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_TABLES = {"default": 253, "main": MAIN_TABLE, "local": 255}
_MAX_TABLE = 2**32 - 1
_IFADDR = struct.Struct("@4BI")
_ALREADY_GONE = (errno.ESRCH, errno.EADDRNOTAVAIL, errno.ENODEV)


class LinkConfig:
    """Configures the link, and removes what is no longer configured.

    Addresses and routes that others have added are left alone.
    """

    def __init__(self, tun: Tun, log: Log) -> None:
        self._tun = tun
        self._log = log
        # With a text for log messages.
        self._added: dict[NetlinkObject, str] = {}

    def apply(self, interface: "InterfaceConfig") -> None:
        """Configure the link and set it up; log what the kernel rejects."""
        wanted = self._addresses(interface) | self._routes(interface)
        for netlink_object, text in list(self._added.items()):
            if netlink_object not in wanted:
                self._remove(netlink_object, text)
        self._set_link(interface.mtu or DEFAULT_MTU)
        for netlink_object, text in wanted.items():
            self._add(netlink_object, text)

    def _set_link(self, mtu: int) -> None:
        body = IFINFO.pack(0, 0, self._tun.index, IFF_UP, IFF_UP)
        body += messages.pack_attribute(IFLA_MTU, U32.pack(mtu))
        try:
            messages.request(RTM_NEWLINK, body)
        except OSError as error:
            self._log.error(f"cannot set link up with MTU {mtu}: {error.strerror}")

    def _add(self, netlink_object: "NetlinkObject", text: str) -> None:
        kind, body = netlink_object
        try:
            messages.request(kind, body, messages.CREATE | messages.REPLACE)
        except OSError as error:
            self._log.error(f"cannot add {text}: {error.strerror}")
            return
        self._added[netlink_object] = text

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
        for prefix in interface.routes():
            name = tables[len(prefix[0])]
            text = f"route {format_allowed_ip(prefix)}"
            table = _table(name)
            if table is None:
                self._log.error(
                    f"cannot add {text}: unknown table {name}; give its number"
                )
            else:
                metric = interface.metric or 0
                body = pack_route(prefix, self._tun.index, table, metric)
                routes[_RTM_NEWROUTE, body] = text
        return routes


def _table(text: str | None) -> int | None:
    if text is None:
        return MAIN_TABLE
    if text in _TABLES:
        return _TABLES[text]
    try:
        return parse_number(text, _MAX_TABLE)
    except ConfigError:
        return None
