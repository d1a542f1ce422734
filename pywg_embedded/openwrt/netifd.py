"""Messages for netifd about our interface.

netifd itself applies ``ip4table``, ``ip6table`` and ``metric`` to the addresses and
routes of a message. Each ``update_link`` replaces the one before.
"""

from ..control.address import format_ip
from .uci_network import InterfaceConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..core.config import AllowedIP

    Table = dict[str, Any]

# The ubus object and its methods, and the actions of notify_proto.
INTERFACE, NOTIFY, DUMP = "network.interface", "notify_proto", "dump"
_UPDATE_LINK, _NOTIFY_ERROR, _BLOCK_RESTART = 0, 3, 4
# More would not fit into a message of ubus, 1 MiB, when netifd dumps its interfaces.
MAX_ROUTES = 4_096


def update_link(
    interface: InterfaceConfig, device: str, port: int, uplinks: "Iterable[str]" = ()
) -> "Table":
    """Return the message that the interface is up as ``device``.

    The UDP port is opened in the firewall on the devices ``uplinks`` only: fw4 applies
    a rule without a device to ``device`` itself, where no datagrams arrive. Of the
    routes it has the first MAX_ROUTES.
    """
    routes = tuple(interface.kernel_routes())[:MAX_ROUTES]
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


def further_routes(interface: InterfaceConfig) -> "tuple[AllowedIP, ...]":
    """Return the routes that ``update_link`` has no room for."""
    return tuple(interface.kernel_routes())[MAX_ROUTES:]


def notify_error(name: str, code: str, *texts: str) -> "Table":
    """Return the message about an error: a code for programs, texts for people."""
    return {"action": _NOTIFY_ERROR, "interface": name, "error": [code, *texts]}


def block_restart(name: str) -> "Table":
    """Return the message that netifd must not restart the protocol by itself."""
    return {"action": _BLOCK_RESTART, "interface": name}


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


class NextHop:
    """The device of a route, and its gateway; empty if the target is on the link.

    ``source`` is the source address that the route prefers, or empty; ``onlink`` allows
    a gateway that no route leads to.
    """

    __slots__ = ("device", "gateway", "onlink", "source")

    def __init__(
        self, device: str, gateway: bytes, source: bytes = b"", onlink: bool = False
    ) -> None:
        self.device = device
        self.gateway = gateway
        self.source = source
        self.onlink = onlink

    def __eq__(self, value: object) -> bool:
        return isinstance(value, NextHop) and self._values() == value._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def _values(self) -> tuple[str, bytes, bytes, bool]:
        return self.device, self.gateway, self.source, self.onlink
