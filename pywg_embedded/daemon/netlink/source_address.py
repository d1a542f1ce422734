"""Which of our IPv6 addresses a handshake leaves from.

An uplink may have none of its own, only a prefix for the LAN behind it. The kernel then
takes that of any interface, the one most like the destination (RFC 6724 section 5):
this may be the tunnel's, and the answer would never arrive.
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
_GLOBAL = 0
_IFA_F_DADFAILED, _IFA_F_DEPRECATED, _IFA_F_TENTATIVE = 0x08, 0x20, 0x40
# What every tunnel without link-layer addresses is: a TUN, the kernel's WireGuard.
_ARPHRD_NONE = 0xFFFE


class _Address:
    __slots__ = ("address", "deprecated", "interface")

    def __init__(self, address: bytes, interface: int, deprecated: bool) -> None:
        self.address = address
        self.interface = interface
        self.deprecated = deprecated


def select_source(endpoint: "Endpoint", fwmark: int) -> "Endpoint":
    """The endpoint, with a source that is no tunnel's where the kernel would take a
    tunnel's for a way that does not lead through it, and there is another."""
    if endpoint.source or endpoint.scope or len(endpoint.address) != 16:
        return endpoint
    try:
        way = lookup_route(endpoint.address, b"", fwmark)
        source = _better_source(endpoint.address, way) if way else b""
    except OSError:
        return endpoint  # the kernel does not say
    return endpoint.with_source(source, way.device) if way and source else endpoint


def _better_source(destination: bytes, way: "Route") -> bytes:
    addresses = list(_global_addresses())
    taken = [one for one in addresses if one.address == way.source]
    if not any(_is_astray(one, way.device) for one in taken):
        return b""
    others = [one for one in addresses if not _is_tunnel(one.interface)]
    if not others:
        return b""
    return max(others, key=lambda one: _merit(one, destination)).address


def _is_astray(one: _Address, device: int) -> bool:
    return one.interface != device and _is_tunnel(one.interface)


def _is_tunnel(interface: int) -> bool:
    question = IFINFO.pack(0, 0, interface, 0, 0)
    for kind, body in messages.query(RTM_GETLINK, question):
        if kind == RTM_NEWLINK:
            return bool(IFINFO.unpack_from(body)[1] == _ARPHRD_NONE)
    return False


def _merit(one: _Address, destination: bytes) -> "tuple[bool, bool, int]":
    """RFC 6724 section 5, rules 3, 6 and 8."""
    difference = int.from_bytes(one.address, "big") ^ int.from_bytes(destination, "big")
    same_label = _is_unique_local(one.address) == _is_unique_local(destination)
    return not one.deprecated, same_label, -difference


def _is_unique_local(address: bytes) -> bool:
    return address[0] & 0xFE == 0xFC


def _global_addresses() -> "Iterator[_Address]":
    try:
        with open(_ADDRESSES) as file:
            lines = file.read().splitlines()
    except OSError:
        return  # no IPv6
    for line in lines:
        address, interface, _, scope, flags, _ = line.split()
        unusable = int(flags, 16) & (_IFA_F_DADFAILED | _IFA_F_TENTATIVE)
        if int(scope, 16) == _GLOBAL and not unusable:
            deprecated = bool(int(flags, 16) & _IFA_F_DEPRECATED)
            yield _Address(bytes.fromhex(address), int(interface, 16), deprecated)
