"""Routes as the kernel speaks of them: making them, and asking where they lead."""

import struct

from . import messages
from .messages import FAMILIES, NUMBER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...core.config import AllowedIP
    from ...core.endpoint import Endpoint

RTM_NEWROUTE, RTM_DELROUTE, _RTM_GETROUTE = 24, 25, 26
MAIN_TABLE = 254
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY = 1, 2, 4, 5, 6
_RTA_PREFSRC, _RTA_TABLE, _RTA_MARK = 7, 15, 16
_RTPROT_STATIC, _RTN_UNICAST = 4, 1
# Of what is on the link; whatever has a gateway is "universe", 0.
_LINK_SCOPES = {4: 253, 16: 0}
_RTMSG = struct.Struct("@8BI")


def route(
    prefix: "AllowedIP",
    device: int,
    table: int = MAIN_TABLE,
    metric: int = 0,
    gateway: bytes = b"",
) -> bytes:
    """The body of a message about a route out of a device, by its index."""
    address, length = prefix
    size = len(address)
    scope = 0 if gateway else _LINK_SCOPES[size]
    head = (FAMILIES[size], length, 0, 0, 0, _RTPROT_STATIC, scope, _RTN_UNICAST, 0)
    body = _RTMSG.pack(*head)
    body += messages.pack_attribute(_RTA_DST, address)
    body += messages.pack_attribute(_RTA_OIF, NUMBER.pack(device))
    body += messages.pack_attribute(_RTA_TABLE, NUMBER.pack(table))
    if metric:
        body += messages.pack_attribute(_RTA_PRIORITY, NUMBER.pack(metric))
    if gateway:
        body += messages.pack_attribute(_RTA_GATEWAY, gateway)
    return body


class Route:
    """The index of the device that packets leave by, and the source address that the
    kernel gives those that have none."""

    __slots__ = ("device", "source")

    def __init__(self, device: int, source: bytes) -> None:
        self.device = device
        self.source = source


def output_interface(address: bytes, fwmark: int) -> int | None:
    """The index of the device that packets to an address leave by; None if they
    cannot leave, or the kernel does not say."""
    try:
        way = lookup_route(address, b"", fwmark)
    except OSError:
        return None
    return way.device if way else None


def is_rerouted(endpoint: "Endpoint", fwmark: int) -> bool:
    """Whether packets from this endpoint's source now leave by another interface than
    it was spoken to on, or not at all; False if the kernel does not say."""
    try:
        way = lookup_route(endpoint.address, endpoint.source, fwmark)
    except OSError:
        return False
    return way is None or way.device != endpoint.interface


def lookup_route(address: bytes, source: bytes, fwmark: int) -> Route | None:
    """How packets to an address leave, from this source or (empty) from any; None if
    they cannot. Raises OSError if the kernel does not say."""
    question = _question(address, source, fwmark)
    for kind, body in messages.query(_RTM_GETROUTE, question):
        if kind == RTM_NEWROUTE:
            found = messages.parse_attributes(body[_RTMSG.size :])
            if _RTA_OIF not in found:
                return None
            device = int(NUMBER.unpack(found[_RTA_OIF])[0])
            return Route(device, found.get(_RTA_PREFSRC, source))
    return None


def _question(address: bytes, source: bytes, fwmark: int) -> bytes:
    bits = 8 * len(address)
    family = FAMILIES[len(address)]
    body = _RTMSG.pack(family, bits, 8 * len(source), 0, 0, 0, 0, 0, 0)
    body += messages.pack_attribute(_RTA_DST, address)
    if source:
        body += messages.pack_attribute(_RTA_SRC, source)
    body += messages.pack_attribute(_RTA_MARK, NUMBER.pack(fwmark))
    return body
