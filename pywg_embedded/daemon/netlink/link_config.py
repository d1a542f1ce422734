"""Addresses, MTU and routes of our link, where no netifd sees to them."""

import errno
import struct

from ...control.address import format_allowed_ip
from ...control.text import parse_number
from ...core.constants import DEFAULT_MTU
from ...core.errors import ConfigError
from ...dataplane.tun import Tun
from ..log import Log
from . import messages
from .messages import FAMILIES, IFF_UP, IFINFO, IFLA_MTU, NUMBER, RTM_NEWLINK
from .routes import MAIN_TABLE, route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...core.config import AllowedIP
    from ...openwrt.uci_network import InterfaceConfig

    # Kind of message without its verb, body, and what it is for people.
    NetlinkObject = tuple[int, bytes, str]

_NEW, _DELETE = 0, 1
_ADDRESS, _ROUTE = 20, 24
_IFA_F_NODAD = 0x02
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_TABLES = {"default": 253, "main": MAIN_TABLE, "local": 255}
_GREATEST_TABLE = 2**32 - 1
_IFADDR = struct.Struct("@4BI")
_GONE_ALREADY = (errno.ESRCH, errno.EADDRNOTAVAIL, errno.ENODEV)


class LinkConfig:
    """Gives the link what its configuration says, and takes back what it no longer
    says; what others gave it stays."""

    def __init__(self, tun: Tun, log: Log) -> None:
        self._tun = tun
        self._log = log
        self._given: dict[tuple[int, bytes], str] = {}

    def apply(self, interface: "InterfaceConfig") -> None:
        """Make it so, and the link up; what the kernel refuses is logged."""
        things = self._addresses(interface) + self._routes(interface)
        wanted = {(kind, body): text for kind, body, text in things}
        for item, text in list(self._given.items()):
            if item not in wanted:
                self._take_back(item, text)
        self._set_link(interface.mtu or DEFAULT_MTU)
        for item, text in wanted.items():
            self._give(item, text)

    def _set_link(self, mtu: int) -> None:
        body = IFINFO.pack(0, 0, self._tun.index, IFF_UP, IFF_UP)
        body += messages.pack_attribute(IFLA_MTU, NUMBER.pack(mtu))
        try:
            messages.request(RTM_NEWLINK, body)
        except OSError as error:
            self._log.error(f"link with MTU {mtu}: {error.strerror}")

    def _give(self, item: "tuple[int, bytes]", text: str) -> None:
        kind, body = item
        try:
            messages.request(kind + _NEW, body, messages.CREATE | messages.REPLACE)
        except OSError as error:
            self._log.error(f"{text}: {error.strerror}")
            return
        self._given[item] = text

    def _take_back(self, item: "tuple[int, bytes]", text: str) -> None:
        kind, body = item
        del self._given[item]
        try:
            messages.request(kind + _DELETE, body)
        except OSError as error:
            if error.errno not in _GONE_ALREADY:
                self._log.error(f"{text}: {error.strerror}")

    def _addresses(self, interface: "InterfaceConfig") -> "list[NetlinkObject]":
        return [
            (_ADDRESS, self._address(one), f"address {format_allowed_ip(one)}")
            for one in interface.addresses
        ]

    def _address(self, prefix: "AllowedIP") -> bytes:
        address, length = prefix
        family = FAMILIES[len(address)]
        body = _IFADDR.pack(family, length, _IFA_F_NODAD, 0, self._tun.index)
        body += messages.pack_attribute(_IFA_LOCAL, address)
        return body + messages.pack_attribute(_IFA_ADDRESS, address)

    def _routes(self, interface: "InterfaceConfig") -> "list[NetlinkObject]":
        tables = {4: interface.ip4table, 16: interface.ip6table}
        routes = []
        for prefix in interface.routes():
            table = _table(tables[len(prefix[0])])
            text = f"route {format_allowed_ip(prefix)}"
            if table is None:
                self._log.error(f"{text}: a table is known by its number alone here")
            else:
                metric = interface.metric or 0
                body = route(prefix, self._tun.index, table, metric)
                routes.append((_ROUTE, body, text))
        return routes


def _table(text: str | None) -> int | None:
    if text is None:
        return MAIN_TABLE
    if text in _TABLES:
        return _TABLES[text]
    try:
        return parse_number(text, _GREATEST_TABLE)
    except ConfigError:
        return None
