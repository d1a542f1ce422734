"""Routes as the kernel speaks of them: making them, and asking where they lead."""

import struct

from . import netlink
from .netlink import FAMILIES, NUMBER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..control.config import AllowedIP
    from ..core.endpoint import Endpoint

RTM_NEWROUTE, RTM_DELROUTE, _RTM_GETROUTE = 24, 25, 26
MAIN_TABLE = 254
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY = 1, 2, 4, 5, 6
_RTA_TABLE, _RTA_MARK = 15, 16
_RTPROT_STATIC, _RTN_UNICAST = 4, 1
# Of what is on the link; whatever has a gateway is "universe", 0.
_LINK_SCOPES = {4: 253, 16: 0}
_RTMSG = struct.Struct("@8BI")
_ANSWER_TIME = 1.0


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
    body += netlink.attribute(_RTA_DST, address)
    body += netlink.attribute(_RTA_OIF, NUMBER.pack(device))
    body += netlink.attribute(_RTA_TABLE, NUMBER.pack(table))
    if metric:
        body += netlink.attribute(_RTA_PRIORITY, NUMBER.pack(metric))
    if gateway:
        body += netlink.attribute(_RTA_GATEWAY, gateway)
    return body


def device_to(address: bytes, fwmark: int) -> int | None:
    """The index of the device that packets to an address leave by; None if they
    cannot leave, or the kernel does not say."""
    try:
        return _look_up(address, b"", fwmark)
    except OSError:
        return None


def leads_elsewhere(endpoint: "Endpoint", fwmark: int) -> bool:
    """Whether packets from this endpoint's source now leave by another interface than
    it was spoken to on, or not at all; False if the kernel does not say."""
    try:
        found = _look_up(endpoint.address, endpoint.source, fwmark)
    except OSError:
        return False
    return found != endpoint.interface


def _look_up(address: bytes, source: bytes, fwmark: int) -> int | None:
    with netlink.listen(0) as sock:
        sock.settimeout(_ANSWER_TIME)
        sock.send(_question(address, source, fwmark))
        answer = sock.recv(netlink.BUFFER)
    for kind, body in netlink.messages(answer):
        if kind == RTM_NEWROUTE:
            found = netlink.attributes(body[_RTMSG.size :]).get(_RTA_OIF)
            return None if found is None else int(NUMBER.unpack(found)[0])
    return None


def _question(address: bytes, source: bytes, fwmark: int) -> bytes:
    bits = 8 * len(address)
    family = FAMILIES[len(address)]
    body = _RTMSG.pack(family, bits, 8 * len(source), 0, 0, 0, 0, 0, 0)
    body += netlink.attribute(_RTA_DST, address)
    if source:
        body += netlink.attribute(_RTA_SRC, source)
    body += netlink.attribute(_RTA_MARK, NUMBER.pack(fwmark))
    return netlink.request(_RTM_GETROUTE, body)
