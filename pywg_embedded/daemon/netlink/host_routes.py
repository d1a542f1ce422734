"""Host routes to endpoints that a wider route would lead into the tunnel itself.

netifd does not know when such a route is needed, and a host route that netifd has made
stays with the uplink that was the best one at that time. These routes follow the
uplinks, and are removed when the daemon ends, or else by the next daemon of the same
interface.
"""

import errno
import os
import socket

from ...control.address import format_ip
from . import messages
from .route_record import RouteRecord
from .routes import (
    RTM_DELROUTE,
    RTM_NEWROUTE,
    output_ifindex,
    pack_route,
    pack_route_key,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...core.config import AllowedIP
    from ...dataplane.tun import Tun
    from ...openwrt.netifd import NextHop
    from ..log import Log

# Not "replace": a route of the same destination and metric that is not ours stays.
_CREATE = messages.CREATE | messages.EXCLUSIVE
_ALREADY_GONE = (errno.ESRCH, errno.ENODEV, errno.ENETUNREACH)
_FOLDER = "/var/run/pywg"


class HostRoutes:
    """Up to one route per address, in the main table.

    Their metric is the index of the interface, so that two interfaces with the same
    endpoint have a route each.
    """

    def __init__(self, tun: "Tun", log: "Log", folder: str = _FOLDER) -> None:
        """Remove the routes of an earlier daemon that was killed."""
        remove_leftovers(tun.name, log, folder)
        self._ifindex = tun.index
        self._log = log
        self._installed: dict[bytes, NextHop] = {}
        self._logged: dict[bytes, str] = {}
        self._record: RouteRecord | None = None
        self._record_error = ""
        self._path = _record_path(tun.name, folder)
        try:
            self._record = RouteRecord(self._path)
        except OSError as error:
            self._log_unrecorded(error)

    def is_needed(self, address: bytes, fwmark: int) -> bool:
        """Return whether packets to an address would else go into the tunnel.

        With an installed route the kernel no longer tells: it is taken as needed.
        """
        return (
            address in self._installed
            or output_ifindex(address, fwmark) == self._ifindex
        )

    def sync(self, routes: "dict[bytes, NextHop]") -> None:
        """Install these routes by address, and remove all others.

        An installed route is installed again: the kernel removes routes without a
        notification when their device goes down.
        """
        # Before the kernel is changed: the daemon may be killed at any time.
        self._write_record(self._installed.keys() | routes.keys())
        for address, installed in list(self._installed.items()):
            if routes.get(address) != installed:
                del self._installed[address]
                _delete(_host_prefix(address), self._ifindex, self._log)
        for address, route in routes.items():
            self._install(address, route)
        self._write_record(self._installed)

    def close(self) -> None:
        """Remove all routes, and the record of them."""
        self.sync({})
        if self._record:
            self._record.close()
            self._record = None

    def _install(self, address: bytes, route: "NextHop") -> None:
        try:
            ifindex = socket.if_nametoindex(route.device)
            prefix = _host_prefix(address)
            body = pack_route(prefix, ifindex, metric=self._ifindex, next_hop=route)
            messages.request(RTM_NEWROUTE, body, _CREATE)
        except OSError as error:
            if error.errno == errno.EEXIST and address in self._installed:
                return
            text = (
                f"cannot add route to {format_ip(address)} via {route.device}: "
                f"{error.strerror}"
            )
            if self._logged.get(address) != text:
                self._log.error(text)
            self._logged[address] = text
            return
        self._logged.pop(address, None)
        self._installed[address] = route

    def _write_record(self, addresses: "Iterable[bytes]") -> None:
        if self._record is None:
            return
        try:
            self._record.write((_host_prefix(a), self._ifindex) for a in addresses)
        except OSError as error:
            self._log_unrecorded(error)

    def _log_unrecorded(self, error: OSError) -> None:
        text = (
            f"cannot write {self._path}: {error.strerror}; "
            "host routes will remain if the daemon is killed"
        )
        if self._record_error != text:
            self._log.warning(text)
        self._record_error = text


def remove_leftovers(name: str, log: "Log", folder: str = _FOLDER) -> None:
    """Remove the routes of an earlier daemon of the interface that was killed."""
    path = _record_path(name, folder)
    if not os.path.exists(path):
        return
    try:
        record = RouteRecord(path)
        for prefix, metric in record.routes():
            _delete(prefix, metric, log)
        record.write(())
        record.close()
    except BlockingIOError:
        pass  # the daemon runs
    except OSError as error:
        log.error(f"cannot remove the routes in {path}: {error.strerror}")


def _record_path(name: str, folder: str) -> str:
    return f"{folder}/{name}.routes"


def _delete(prefix: "AllowedIP", metric: int, log: "Log") -> None:
    try:
        messages.request(RTM_DELROUTE, pack_route_key(prefix, metric=metric))
    except OSError as error:
        if error.errno not in _ALREADY_GONE:
            log.error(
                f"cannot remove route to {format_ip(prefix[0])}: {error.strerror}"
            )


def _host_prefix(address: bytes) -> "AllowedIP":
    return address, 8 * len(address)
