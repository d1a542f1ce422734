"""What netifd is told of an interface, and what it tells of the others.

netifd applies ``ip4table``, ``ip6table`` and ``metric`` to the addresses and routes
named here by itself, and replaces whatever it was told before.
"""

from ..control.address import format_ip, parse_ip
from .uci_network import InterfaceConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ..core.config import AllowedIP

    Table = dict[str, Any]

# Paths and methods, and the actions of notify_proto.
INTERFACE, NOTIFY, DUMP = "network.interface", "notify_proto", "dump"
_UPDATE_LINK, _NOTIFY_ERROR, _BLOCK_RESTART = 0, 3, 4
_ANYWHERE = (bytes(4), bytes(16))


def update_link(
    interface: InterfaceConfig, device: str, port: int, uplinks: "Iterable[str]" = ()
) -> "Table":
    """The message that the interface is up as ``device`` and listens on ``port``.

    The port is opened on the devices ``uplinks`` alone: fw4 takes a rule that names no
    device for one about ``device`` itself, where nobody asks for the port.
    """
    routes = tuple(_routes(interface))
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


def _routes(interface: InterfaceConfig) -> "Iterator[AllowedIP]":
    """A default route as two halves of it, unless the user ranks it: two of the same
    metric cannot be, and an uplink's would take the place of ours, or ours of it."""
    tables = {4: interface.ip4table, 16: interface.ip6table}
    for address, length in interface.routes():
        if length or interface.metric or tables[len(address)]:
            yield address, length
        else:
            yield address, 1
            yield b"\x80" + address[1:], 1


def notify_error(name: str, code: str, *words: str) -> "Table":
    """The message that something is wrong: a code, and details for people."""
    return {"action": _NOTIFY_ERROR, "interface": name, "error": [code, *words]}


def block_restart(name: str) -> "Table":
    """The message that it would be in vain to start us again as things are."""
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


# The other interfaces, as ``dump`` lists them.


class NextHop:
    """How to get somewhere: the device, and the gateway (empty: on the link)."""

    __slots__ = ("device", "gateway")

    def __init__(self, device: str, gateway: bytes) -> None:
        self.device = device
        self.gateway = gateway

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NextHop) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def _values(self) -> tuple[str, bytes]:
        return self.device, self.gateway


def uplink_devices(dump: "Table", name: str, only: str | None = None) -> "list[str]":
    """The devices that lead to the world, beside the interface ``name``."""
    devices = {
        way.device: None
        for prefix, _, way in _ways(dump, name, only)
        if prefix in ((_ANYWHERE[0], 0), (_ANYWHERE[1], 0))
    }
    return list(devices)


def find_next_hop(
    dump: "Table", name: str, address: bytes, only: str | None = None
) -> NextHop | None:
    """How to get to an address without the interface ``name``, or through the
    interface ``only``; None if there is no way now."""
    found: tuple[int, int, NextHop] | None = None
    for (network, length), metric, way in _ways(dump, name, only):
        if not prefix_contains((network, length), address):
            continue
        if found is None or (length, -metric) > found[:2]:
            found = (length, -metric, way)
    return found[2] if found else None


def prefix_contains(prefix: "AllowedIP", address: bytes) -> bool:
    """Whether an address is within a prefix."""
    network, length = prefix
    if len(network) != len(address):
        return False
    shift = 8 * len(network) - length
    return int.from_bytes(network, "big") >> shift == (
        int.from_bytes(address, "big") >> shift
    )


def _ways(
    dump: "Table", name: str, only: str | None
) -> "Iterator[tuple[AllowedIP, int, NextHop]]":
    """Prefix, metric and way of every route in the main table."""
    for other in dump.get("interface", ()):
        device = other.get("l3_device")
        if other["interface"] == name or not other.get("up") or not device:
            continue
        if only and other["interface"] != only:
            continue
        metric = other.get("metric", 0)
        for key in ("ipv4-address", "ipv6-address"):
            for entry in other.get(key, ()):
                prefix = parse_ip(entry["address"]), entry["mask"]
                yield prefix, metric, NextHop(device, b"")
        for entry in other.get("route", ()):
            if "table" not in entry:
                gateway = parse_ip(entry["nexthop"])
                way = NextHop(device, b"" if gateway in _ANYWHERE else gateway)
                prefix = parse_ip(entry["target"]), entry["mask"]
                yield prefix, entry.get("metric", metric), way
