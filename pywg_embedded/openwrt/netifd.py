"""What netifd is told of an interface: ``network.interface notify_proto``.

netifd applies ``ip4table``, ``ip6table`` and ``metric`` to the addresses and routes
named here by itself, and replaces whatever it was told before.
"""

from ..control.address import format_ip
from .network import Interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..control.config import AllowedIP

_UPDATE_LINK = 0


def update_link(
    interface: Interface, device: str, port: int, uplinks: "Iterable[str]" = ()
) -> "dict[str, Any]":
    """The message that the interface is up as ``device`` and listens on ``port``.

    The port is opened on the devices ``uplinks`` alone: fw4 takes a rule that names no
    device for one about ``device`` itself, where nobody asks for the port.
    """
    routes = tuple(interface.routes())
    return {
        "action": _UPDATE_LINK,
        "interface": interface.name,
        "ifname": device,
        "link-up": True,
        "keep": False,
        "address-external": False,
        "ipaddr": _entries(interface.addresses, 4, "ipaddr", "mask"),
        "ip6addr": _entries(interface.addresses, 16, "ipaddr", "mask"),
        "routes": _entries(routes, 4, "target", "netmask"),
        "routes6": _entries(routes, 16, "target", "netmask"),
        "ip6prefix": list(interface.ip6prefix),
        "data": {"firewall": [_open_port(port, uplink) for uplink in uplinks]},
    }


def _entries(
    prefixes: "Iterable[AllowedIP]", size: int, address_key: str, length_key: str
) -> "list[dict[str, str]]":
    return [
        {address_key: format_ip(address), length_key: str(length)}
        for address, length in prefixes
        if len(address) == size
    ]


def _open_port(port: int, device: str) -> "dict[str, str]":
    return {
        "type": "rule",
        "src": "*",
        "device": device,
        "proto": "udp",
        "dest_port": str(port),
        "target": "ACCEPT",
    }
