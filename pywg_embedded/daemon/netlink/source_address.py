"""The IPv6 source address of handshakes.

An uplink may have no address of its own, only a delegated prefix for the LAN. The
kernel then selects the address of any interface, the one most similar to the
destination (RFC 6724, section 5). If that is the tunnel's, the response is lost.
"""

from . import messages
from .messages import IFINFO, RTM_GETLINK, RTM_NEWLINK
from .routes import lookup_route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...core.endpoint import Endpoint
    from .routes import Route

_ADDRESSES = "/proc/net/if_inet6"
_SCOPE_GLOBAL = 0
_IFA_F_DADFAILED, _IFA_F_DEPRECATED, _IFA_F_TENTATIVE = 0x08, 0x20, 0x40
# Tunnels without link-layer addresses: TUN devices, and the kernel's WireGuard.
_ARPHRD_NONE = 0xFFFE


class _Address:
    __slots__ = ("address", "deprecated", "ifindex")

    def __init__(self, address: bytes, ifindex: int, deprecated: bool) -> None:
        self.address = address
        self.ifindex = ifindex
        self.deprecated = deprecated


def select_source(endpoint: "Endpoint", fwmark: int) -> "Endpoint":
    """Return the endpoint with a source address where the kernel's choice is wrong.

    It is wrong if it is the address of a tunnel that the route does not lead through.
    Without a better address, the endpoint is returned as it is.
    """
    if endpoint.source or endpoint.scope or len(endpoint.address) != 16:
        return endpoint
    try:
        route = lookup_route(endpoint.address, fwmark)
        source = _better_source(endpoint.address, route) if route else b""
    except OSError:
        return endpoint  # the kernel does not reply
    return endpoint.with_source(source, route.ifindex) if route and source else endpoint


def _better_source(destination: bytes, route: "Route") -> bytes:
    addresses = list(_global_addresses())
    is_wrong = any(
        address.ifindex != route.ifindex and _is_tunnel(address.ifindex)
        for address in addresses
        if address.address == route.source
    )
    if not is_wrong:
        return b""
    others = [address for address in addresses if not _is_tunnel(address.ifindex)]
    if not others:
        return b""
    return max(others, key=lambda address: _preference(address, destination)).address


def _is_tunnel(ifindex: int) -> bool:
    body = IFINFO.pack(0, 0, ifindex, 0, 0)
    for kind, reply in messages.query(RTM_GETLINK, body):
        if kind == RTM_NEWLINK:
            return bool(IFINFO.unpack_from(reply)[1] == _ARPHRD_NONE)
    return False


def _preference(address: _Address, destination: bytes) -> "tuple[bool, bool, int]":
    """Return a sort key for RFC 6724, section 5, rules 3, 6 and 8."""
    source = address.address
    difference = int.from_bytes(source, "big") ^ int.from_bytes(destination, "big")
    same_label = _is_unique_local(source) == _is_unique_local(destination)
    return not address.deprecated, same_label, -difference


def _is_unique_local(address: bytes) -> bool:
    return address[0] & 0xFE == 0xFC


def _global_addresses() -> "Iterator[_Address]":
    try:
        with open(_ADDRESSES) as file:
            lines = file.read().splitlines()
    except OSError:
        return  # no IPv6
    for line in lines:
        address, ifindex, _, scope, flags, _ = line.split()
        unusable = int(flags, 16) & (_IFA_F_DADFAILED | _IFA_F_TENTATIVE)
        if int(scope, 16) == _SCOPE_GLOBAL and not unusable:
            deprecated = bool(int(flags, 16) & _IFA_F_DEPRECATED)
            yield _Address(bytes.fromhex(address), int(ifindex, 16), deprecated)
