"""Routes: the messages that create them, and route lookups in the kernel."""

import struct

from ...control.text import parse_number
from ...core.errors import ConfigError
from . import messages
from .messages import FAMILIES, U32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...core.config import AllowedIP
    from ...openwrt.netifd import NextHop

RTM_NEWROUTE, RTM_DELROUTE, _RTM_GETROUTE = 24, 25, 26
MAIN_TABLE = 254
_TABLES = {"default": 253, "main": MAIN_TABLE, "local": 255}
_MAX_TABLE = 2**32 - 1
# The routing protocol of our routes, which tells them from all others: "proto 151" in
# ip-route(8). No other program is known to use this number; see rt_protos of iproute2.
PROTOCOL = 151
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY = 1, 4, 5, 6
_RTA_PREFSRC, _RTA_MULTIPATH, _RTA_TABLE, _RTA_MARK, _RTA_VIA = 7, 9, 15, 16, 18
_RTN_UNICAST = 1
# Of a route without a gateway, by the size of an address; with one it is "universe", 0.
_LINK_SCOPES = {4: 253, 16: 0}
_ANY_SCOPE, _ANY_TYPE = 255, 0
# Flags of a next hop, and of a route that is only cached.
_DEAD, _ONLINK, _CLONED = 1, 4, 0x200
_RTMSG = struct.Struct("@8BI")
# A next hop of several: size, flags, weight, index of the device.
_RTNEXTHOP = struct.Struct("@H2Bi")
_VIA_FAMILY = struct.Struct("@H")


class Route:
    """The result of a route lookup.

    ``ifindex`` is the index of the output device, ``source`` the source address that
    the kernel selects, packed.
    """

    __slots__ = ("ifindex", "source")

    def __init__(self, ifindex: int, source: bytes) -> None:
        self.ifindex = ifindex
        self.source = source


class TableRoute:
    """A route of the main table: destination, metric, protocol and next hop.

    ``ifindex`` is the index of the output device, 0 if the destination is unreachable.
    ``gateway`` and ``source`` are packed addresses, or empty.
    """

    __slots__ = (
        "gateway", "ifindex", "metric", "onlink", "prefix", "protocol", "source",
    )  # fmt: skip

    def __init__(self, prefix: "AllowedIP", metric: int, protocol: int) -> None:
        self.prefix = prefix
        self.metric = metric
        self.protocol = protocol
        self.ifindex = 0
        self.gateway = b""
        self.source = b""
        self.onlink = False


def table_number(text: str | None) -> int | None:
    """Return the number of a routing table, None for an unknown name."""
    if text is None:
        return MAIN_TABLE
    if text in _TABLES:
        return _TABLES[text]
    try:
        return parse_number(text, _MAX_TABLE)
    except ConfigError:
        return None


def pack_route(
    prefix: "AllowedIP",
    ifindex: int,
    table: int = MAIN_TABLE,
    metric: int = 0,
    next_hop: "NextHop | None" = None,
) -> bytes:
    """Return the message body that describes a route through a device.

    ``next_hop`` has the gateway, if any.
    """
    size = len(prefix[0])
    gateway = next_hop.gateway if next_hop else b""
    scope = 0 if gateway else _LINK_SCOPES[size]
    flags = _ONLINK if next_hop and next_hop.onlink else 0
    body = _pack_key(prefix, table, metric, scope, _RTN_UNICAST, flags)
    body += messages.pack_attribute(_RTA_OIF, U32.pack(ifindex))
    if len(gateway) == size:
        body += messages.pack_attribute(_RTA_GATEWAY, gateway)
    elif gateway:
        family = _VIA_FAMILY.pack(FAMILIES[len(gateway)])
        body += messages.pack_attribute(_RTA_VIA, family + gateway)
    if next_hop and next_hop.source:
        body += messages.pack_attribute(_RTA_PREFSRC, next_hop.source)
    return body


def pack_route_key(
    prefix: "AllowedIP", table: int = MAIN_TABLE, metric: int = 0
) -> bytes:
    """Return the message body that selects our route for deletion, with any next hop.

    Routes of other protocols are not selected.
    """
    return _pack_key(prefix, table, metric, _ANY_SCOPE, _ANY_TYPE)


def _pack_key(
    prefix: "AllowedIP", table: int, metric: int, scope: int, kind: int, flags: int = 0
) -> bytes:
    address, length = prefix
    family = FAMILIES[len(address)]
    body = _RTMSG.pack(family, length, 0, 0, 0, PROTOCOL, scope, kind, flags)
    body += messages.pack_attribute(_RTA_DST, address)
    body += messages.pack_attribute(_RTA_TABLE, U32.pack(table))
    if metric:
        body += messages.pack_attribute(_RTA_PRIORITY, U32.pack(metric))
    return body


def list_main_table(size: int) -> "Iterator[TableRoute]":
    """Yield the routes of the main table for addresses of ``size`` bytes.

    Of several next hops of a route, the first that works is returned.

    Raises:
        OSError: the kernel does not reply.
    """
    body = _RTMSG.pack(FAMILIES[size], 0, 0, 0, MAIN_TABLE, 0, 0, 0, 0)
    for kind, reply in messages.dump(_RTM_GETROUTE, body):
        route = _parse_table_route(reply, size) if kind == RTM_NEWROUTE else None
        if route:
            yield route


def _parse_table_route(reply: bytes, size: int) -> TableRoute | None:
    family, length, from_length, tos, table, protocol, _, kind, flags = (
        _RTMSG.unpack_from(reply)
    )
    attributes = messages.parse_attributes(reply[_RTMSG.size :])
    table = _number(attributes, _RTA_TABLE, table)
    if family != FAMILIES[size] or table != MAIN_TABLE or flags & _CLONED:
        return None
    if from_length or tos:
        return None  # for a part of the packets only
    prefix = attributes.get(_RTA_DST, bytes(size)), length
    route = TableRoute(prefix, _number(attributes, _RTA_PRIORITY), protocol)
    route.source = attributes.get(_RTA_PREFSRC, b"")
    hops = attributes.get(_RTA_MULTIPATH, b"")
    while hops:
        hop_size, flags, _, ifindex = _RTNEXTHOP.unpack_from(hops)
        attributes = messages.parse_attributes(hops[_RTNEXTHOP.size : hop_size])
        attributes[_RTA_OIF] = U32.pack(ifindex)
        hops = hops[max(hop_size, _RTNEXTHOP.size) :] if flags & _DEAD else b""
    if flags & _DEAD:
        return None
    if kind == _RTN_UNICAST:
        route.ifindex = _number(attributes, _RTA_OIF)
        route.onlink = bool(flags & _ONLINK)
        via = attributes.get(_RTA_VIA, b"")[_VIA_FAMILY.size :]
        route.gateway = attributes.get(_RTA_GATEWAY, via)
    return route


def _number(attributes: "dict[int, bytes]", kind: int, default: int = 0) -> int:
    return int(U32.unpack(attributes[kind])[0]) if kind in attributes else default


def lookup_route(address: bytes, fwmark: int) -> Route | None:
    """Look up the route to an address; return None if it is unreachable.

    Raises:
        OSError: the kernel does not reply.
    """
    body = _RTMSG.pack(FAMILIES[len(address)], 8 * len(address), 0, 0, 0, 0, 0, 0, 0)
    body += messages.pack_attribute(_RTA_DST, address)
    body += messages.pack_attribute(_RTA_MARK, U32.pack(fwmark))
    for kind, reply in messages.query(_RTM_GETROUTE, body):
        if kind == RTM_NEWROUTE:
            attributes = messages.parse_attributes(reply[_RTMSG.size :])
            if _RTA_OIF not in attributes:
                return None
            ifindex = int(U32.unpack(attributes[_RTA_OIF])[0])
            return Route(ifindex, attributes.get(_RTA_PREFSRC, b""))
    return None


def output_ifindex(address: bytes, fwmark: int) -> int | None:
    """Return the index of the output device for an address.

    It is None if the address is unreachable or the kernel does not reply.
    """
    try:
        route = lookup_route(address, fwmark)
    except OSError:
        return None
    return route.ifindex if route else None
