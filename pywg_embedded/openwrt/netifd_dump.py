"""The routes of the other interfaces, from the answer of netifd's method ``dump``."""

from ..control.address import parse_ip
from ..control.text import quote
from ..core.errors import ConfigError
from .netifd import NextHop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..core.config import AllowedIP

    Table = dict[str, Any]

_UNSPECIFIED = (bytes(4), bytes(16))
_MAX_DEVICE_NAME = 15
_MAX_METRIC = 2**32 - 1
_MAX_COMPLAINTS = 8


class DumpedRoutes:
    """The routes of the main table, without those of the interface ``name``.

    If ``only`` is given, other network interfaces than that are ignored. A malformed
    entry is left out; the first few are described in ``complaints``.
    """

    def __init__(self, dump: "Table", name: str, only: str | None = None) -> None:
        self.complaints: list[str] = []
        # Prefix, metric, next hop.
        self._routes: list[tuple[AllowedIP, int, NextHop]] = []
        for status in self._entries(dump, "interface", ""):
            self._read_interface(status, name, only)

    def uplink_devices(self) -> "list[str]":
        """Return the devices with a default route."""
        devices = {
            hop.device: None
            for (network, length), _, hop in self._routes
            if network in _UNSPECIFIED and not length
        }
        return list(devices)

    def find_next_hop(self, address: bytes) -> NextHop | None:
        """Return the next hop to an address, or None.

        The most specific prefix wins, then the lowest metric.
        """
        found: tuple[int, int, NextHop] | None = None
        for prefix, metric, hop in self._routes:
            if not prefix_contains(prefix, address):
                continue
            if found is None or (prefix[1], -metric) > found[:2]:
                found = (prefix[1], -metric, hop)
        return found[2] if found else None

    def _read_interface(self, status: "Table", name: str, only: str | None) -> None:
        interface, device = status.get("interface"), status.get("l3_device")
        if not isinstance(interface, str):
            self._complain("interface without a name")
            return
        ignored = interface == name or (only and interface != only)
        if ignored or not status.get("up") or not device:
            return
        metric = status.get("metric", 0)
        if not _is_device_name(device) or not _is_number(metric, _MAX_METRIC):
            self._complain(f"interface {quote(interface)}")
            return
        for key in ("ipv4-address", "ipv6-address", "route"):
            for entry in self._entries(status, key, f" of {quote(interface)}"):
                try:
                    self._read_route(entry, metric, device)
                except (ConfigError, KeyError, TypeError, ValueError):
                    self._complain(f"{key} of {quote(interface)}")

    def _read_route(self, entry: "Table", metric: int, device: str) -> None:
        """Read an entry of the addresses or routes; raises exceptions of many kinds."""
        gateway = b""
        if "target" in entry:
            if "table" in entry:
                return
            gateway = parse_ip(entry["nexthop"])
            metric = entry.get("metric", metric)
        network = parse_ip(entry["target"] if "target" in entry else entry["address"])
        length = entry["mask"]
        if not _is_number(length, 8 * len(network)):
            raise ValueError("mask")
        if not _is_number(metric, _MAX_METRIC):
            raise ValueError("metric")
        if gateway and len(gateway) != len(network):
            raise ValueError("nexthop")
        hop = NextHop(device, b"" if gateway in _UNSPECIFIED else gateway)
        self._routes.append(((network, length), metric, hop))

    def _entries(self, table: "Table", key: str, place: str) -> "Iterator[Table]":
        """Yield the tables in the list ``table[key]``."""
        entries = table.get(key)
        if entries is None:
            return
        if not isinstance(entries, list):
            self._complain(f"{key}{place}")
            return
        for entry in entries:
            if isinstance(entry, dict):
                yield entry
            else:
                self._complain(f"{key}{place}")

    def _complain(self, place: str) -> None:
        text = f"ignoring a malformed entry in netifd's dump: {place}"
        if text not in self.complaints and len(self.complaints) < _MAX_COMPLAINTS:
            self.complaints.append(text)


def prefix_contains(prefix: "AllowedIP", address: bytes) -> bool:
    """Return whether an address is in a prefix."""
    network, length = prefix
    if len(network) != len(address):
        return False
    shift = 8 * len(network) - length
    return int.from_bytes(network, "big") >> shift == (
        int.from_bytes(address, "big") >> shift
    )


def _is_number(value: object, maximum: int) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and 0 <= value <= maximum  # type: ignore[operator]


def _is_device_name(value: object) -> bool:
    if not isinstance(value, str) or not value.isprintable():
        return False
    return 0 < len(value.encode("utf-8", "replace")) <= _MAX_DEVICE_NAME
