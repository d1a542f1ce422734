"""Routes through our link that netifd has no room for, added by the daemon itself."""

import errno
import os

from ...control.address import format_allowed_ip
from ...core.errors import ConfigError, Error
from . import messages
from .routes import RTM_DELROUTE, RTM_NEWROUTE, pack_route, table_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...core.config import AllowedIP
    from ...dataplane.tun import Tun
    from ...openwrt.uci_network import InterfaceConfig

# Packets wait meanwhile.
_BATCH, _BATCHES_PER_TICK = 100, 10


class RouteList:
    """A long list of routes, which changes by a limited number with each tick.

    The kernel removes the routes with the link, and when the link is set down.
    """

    def __init__(self, tun: "Tun") -> None:
        self._tun = tun
        self._wanted: set[AllowedIP] = set()
        self._added: set[AllowedIP] = set()
        self._pending: list[AllowedIP] = []
        # Routing table by the size of an address, and metric; they restart the daemon.
        self._tables: dict[int, int] = {}
        self._metric = 0

    def replace(
        self, interface: "InterfaceConfig", routes: "Iterable[AllowedIP]"
    ) -> None:
        """Set the routes, which the next ticks add and remove.

        Raises:
            ConfigError: the name of a routing table is unknown.
        """
        for size, name in ((4, interface.ip4table), (16, interface.ip6table)):
            table = table_number(name)
            if table is None:
                raise ConfigError(f"unknown table {name}; give its number")
            self._tables[size] = table
        self._metric = interface.metric or 0
        self._wanted = set(routes)
        self._pending = list(self._wanted ^ self._added)

    def tick(self, up: bool) -> None:
        """Add and remove some of the routes while the link is up.

        Raises:
            Error, OSError: the kernel rejects a route; a later tick tries it again.
        """
        if not up:
            self._added.clear()
            self._pending = list(self._wanted)
            return
        for _ in range(_BATCHES_PER_TICK):
            batch = self._pending[-_BATCH:]
            if batch:
                del self._pending[-_BATCH:]
                self._change(batch)

    def _change(self, prefixes: "list[AllowedIP]") -> None:
        try:
            errors = messages.request_all(list(map(self._request, prefixes)))
        except OSError:
            self._pending = prefixes + self._pending
            raise
        failure = ""
        for index, prefix in enumerate(prefixes):
            is_wanted = prefix in self._wanted
            error = errors.get(index, 0)
            if error and error != (errno.EEXIST if is_wanted else errno.ESRCH):
                self._pending.insert(0, prefix)
                route = f"route {format_allowed_ip(prefix)}"
                failure = failure or f"{route}: {os.strerror(error)}"
            elif is_wanted:
                self._added.add(prefix)
            else:
                self._added.discard(prefix)
        if failure:
            raise Error(failure)

    def _request(self, prefix: "AllowedIP") -> tuple[int, bytes, int]:
        table = self._tables[len(prefix[0])]
        body = pack_route(prefix, self._tun.index, table, self._metric)
        if prefix in self._wanted:
            return RTM_NEWROUTE, body, messages.CREATE | messages.EXCLUSIVE
        return RTM_DELROUTE, body, 0
