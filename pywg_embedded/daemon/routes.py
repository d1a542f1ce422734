"""Where packets that leave from a fixed source address would go by now."""

import socket
import struct

from . import netlink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..core.endpoint import Endpoint

_RTM_NEWROUTE, _RTM_GETROUTE = 24, 26
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_MARK = 1, 2, 4, 16
_RTMSG = struct.Struct("@8BI")
_FAMILIES = {4: socket.AF_INET, 16: socket.AF_INET6}
_ANSWER_TIME = 1.0


def leads_elsewhere(endpoint: "Endpoint", fwmark: int) -> bool:
    """Whether packets from this endpoint's source now leave by another interface than
    it was spoken to on, or not at all; False if the kernel does not say."""
    try:
        with netlink.listen(0) as sock:
            sock.settimeout(_ANSWER_TIME)
            sock.send(_question(endpoint, fwmark))
            answer = sock.recv(netlink.BUFFER)
    except OSError:
        return False
    for kind, body in netlink.messages(answer):
        if kind == _RTM_NEWROUTE:
            found = netlink.attributes(body[_RTMSG.size :]).get(_RTA_OIF)
            return found != struct.pack("@I", endpoint.interface)
    return True


def _question(endpoint: "Endpoint", fwmark: int) -> bytes:
    bits = 8 * len(endpoint.address)
    family = _FAMILIES[len(endpoint.address)]
    body = _RTMSG.pack(family, bits, bits, 0, 0, 0, 0, 0, 0)
    body += netlink.attribute(_RTA_DST, endpoint.address)
    body += netlink.attribute(_RTA_SRC, endpoint.source)
    body += netlink.attribute(_RTA_MARK, struct.pack("@I", fwmark))
    return netlink.request(_RTM_GETROUTE, body)
