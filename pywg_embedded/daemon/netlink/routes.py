"""Routes: the messages that create them, and route lookups in the kernel."""

import struct

from . import messages
from .messages import FAMILIES, U32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...core.config import AllowedIP
    from ...core.endpoint import Endpoint

RTM_NEWROUTE, RTM_DELROUTE, _RTM_GETROUTE = 24, 25, 26
MAIN_TABLE = 254
# The routing protocol of our routes, which tells them from all others: "proto 151" in
# ip-route(8). No other program is known to use this number; see rt_protos of iproute2.
PROTOCOL = 151
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY = 1, 2, 4, 5, 6
_RTA_PREFSRC, _RTA_TABLE, _RTA_MARK = 7, 15, 16
_RTN_UNICAST = 1
# Of a route without a gateway, by the size of an address; with one it is "universe", 0.
_LINK_SCOPES = {4: 253, 16: 0}
_ANY_SCOPE, _ANY_TYPE = 255, 0
_RTMSG = struct.Struct("@8BI")


class Route:
    """The result of a route lookup.

    ``ifindex`` is the index of the output device, ``source`` the source address that
    the kernel selects, packed.
    """

    __slots__ = ("ifindex", "source")

    def __init__(self, ifindex: int, source: bytes) -> None:
        self.ifindex = ifindex
        self.source = source


def pack_route(
    prefix: "AllowedIP",
    ifindex: int,
    table: int = MAIN_TABLE,
    metric: int = 0,
    gateway: bytes = b"",
) -> bytes:
    """Return the message body that describes a route through a device."""
    scope = 0 if gateway else _LINK_SCOPES[len(prefix[0])]
    body = _pack_key(prefix, table, metric, scope, _RTN_UNICAST)
    body += messages.pack_attribute(_RTA_OIF, U32.pack(ifindex))
    if gateway:
        body += messages.pack_attribute(_RTA_GATEWAY, gateway)
    return body


def pack_route_key(
    prefix: "AllowedIP", table: int = MAIN_TABLE, metric: int = 0
) -> bytes:
    """Return the message body that selects our route for deletion, with any next hop.

    Routes of other protocols are not selected.
    """
    return _pack_key(prefix, table, metric, _ANY_SCOPE, _ANY_TYPE)


def _pack_key(
    prefix: "AllowedIP", table: int, metric: int, scope: int, kind: int
) -> bytes:
    address, length = prefix
    head = (FAMILIES[len(address)], length, 0, 0, 0, PROTOCOL, scope, kind, 0)
    body = _RTMSG.pack(*head)
    body += messages.pack_attribute(_RTA_DST, address)
    body += messages.pack_attribute(_RTA_TABLE, U32.pack(table))
    if metric:
        body += messages.pack_attribute(_RTA_PRIORITY, U32.pack(metric))
    return body


def lookup_route(address: bytes, source: bytes, fwmark: int) -> Route | None:
    """Look up the route to an address; return None if it is unreachable.

    ``source`` is the source address of the packets, or empty.

    Raises:
        OSError: the kernel does not reply.
    """
    body = _RTMSG.pack(
        FAMILIES[len(address)], 8 * len(address), 8 * len(source), 0, 0, 0, 0, 0, 0
    )
    body += messages.pack_attribute(_RTA_DST, address)
    if source:
        body += messages.pack_attribute(_RTA_SRC, source)
    body += messages.pack_attribute(_RTA_MARK, U32.pack(fwmark))
    for kind, reply in messages.query(_RTM_GETROUTE, body):
        if kind == RTM_NEWROUTE:
            attributes = messages.parse_attributes(reply[_RTMSG.size :])
            if _RTA_OIF not in attributes:
                return None
            ifindex = int(U32.unpack(attributes[_RTA_OIF])[0])
            return Route(ifindex, attributes.get(_RTA_PREFSRC, source))
    return None


def output_ifindex(address: bytes, fwmark: int) -> int | None:
    """Return the index of the output device for an address.

    It is None if the address is unreachable or the kernel does not reply.
    """
    try:
        route = lookup_route(address, b"", fwmark)
    except OSError:
        return None
    return route.ifindex if route else None


def is_rerouted(endpoint: "Endpoint", fwmark: int) -> bool:
    """Return whether the endpoint's interface and its route differ.

    The route is that of packets from the endpoint's source address. If the kernel does
    not reply, nothing is known to differ.
    """
    try:
        route = lookup_route(endpoint.address, endpoint.source, fwmark)
    except OSError:
        return False
    return route is None or route.ifindex != endpoint.interface
