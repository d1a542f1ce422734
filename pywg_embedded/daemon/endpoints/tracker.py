"""The endpoint tracker: keeps peers at the endpoints of their configured host names."""

import socket

from ...control.address import numeric_endpoint
from ...control.text import quote
from ...core.config import InterfaceChange
from ...core.errors import ConfigError
from .. import clock
from ..interface import Interface
from ..log import Log
from .lookups import Lookups
from .schedule import LookupSchedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from ...core.config import EndpointTuple

    Name = tuple[str, int]


class EndpointTracker:
    """Sets the endpoints of the peers, which are configured as host and port.

    A numeric address is set once, when it is new; afterwards the peer may roam.
    """

    def __init__(self, interface: Interface, log: Log) -> None:
        self._interface = interface
        self._log = log
        self._schedule = LookupSchedule()
        self._lookups = Lookups()
        self._configured: dict[bytes, Name] = {}
        self._errors: dict[bytes, str] = {}

    def add_numeric_endpoints(
        self, change: InterfaceChange, configured: "dict[bytes, Name]"
    ) -> None:
        """Add the numeric endpoints that are new to a change of the whole interface."""
        for peer in change.peers:
            name = configured.get(peer.public_key)
            if name and not self._is_known(peer.public_key, name):
                peer.endpoint = _numeric(name)

    def _is_known(self, key: bytes, name: "Name") -> bool:
        unchanged = self._configured.get(key) == name
        return unchanged and self._interface.reachability(key).endpoint is not None

    def set_names(self, configured: "dict[bytes, Name]") -> None:
        """Follow these names from now on, by public key, and no others."""
        self._configured = configured
        self._errors.clear()
        names = {key: name for key, name in configured.items() if not _numeric(name)}
        self._schedule.set_names(names, clock.boottime())

    def restart(self, public_keys: "Collection[bytes]") -> None:
        """Look up the names of these peers again, as if they were new."""
        for key in public_keys:
            self._errors.pop(key, None)
        self._schedule.restart(public_keys, clock.boottime())

    def lookup_error(self, public_key: bytes) -> str:
        """Return the error of the last lookup for a peer, or an empty text."""
        return self._errors.get(public_key, "")

    def descriptor(self) -> int:
        """Return the descriptor that is readable when ``handle_results`` is due."""
        return self._lookups.descriptor()

    def network_changed(self) -> None:
        """Retry failed lookups soon: a route or an address has changed."""
        self._schedule.network_changed(clock.boottime())

    def tick(self) -> None:
        """Start the lookups that are due, and try further endpoints of silent peers.

        To be called about once a second.
        """
        now = clock.boottime()
        reachability_of = self._interface.reachability
        due = self._schedule.take_due(now, reachability_of, self._lookups.capacity())
        for key, name in due:
            try:
                self._lookups.start(key, name)
            except RuntimeError as error:
                self._handle_result(key, name, [], str(error))
        for key, endpoint in self._schedule.next_endpoints(now, reachability_of):
            self._interface.set_endpoint(key, endpoint)

    def handle_results(self) -> None:
        """Take the results of the lookups that have ended."""
        for result in self._lookups.results():
            self._handle_result(*result)

    def _handle_result(
        self, key: bytes, name: "Name", endpoints: "list[EndpointTuple]", error: str
    ) -> None:
        if error and self._errors.get(key) != error:
            self._log.warning(f"cannot resolve {quote(name[0])}: {error}; will retry")
        self._errors[key] = error
        reachability = self._interface.reachability(key)
        endpoint = self._schedule.handle_result(
            key, name, endpoints, reachability, clock.boottime()
        )
        if endpoint:
            self._interface.set_endpoint(key, endpoint)


def _numeric(name: "Name") -> "EndpointTuple | None":
    try:
        return numeric_endpoint(*name, socket.if_nametoindex)
    except ConfigError:
        return None
