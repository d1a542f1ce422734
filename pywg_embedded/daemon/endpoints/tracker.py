"""Where peers are that were named by host and port: followed as long as we run."""

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
    """Keeps an interface's peers at the endpoints that they were configured with.

    An address is taken once, when it is new: where a peer roamed to since, it stays.
    """

    def __init__(self, interface: Interface, log: Log) -> None:
        self._interface = interface
        self._log = log
        self._schedule = LookupSchedule()
        self._lookups = Lookups()
        self._configured: dict[bytes, Name] = {}
        self._failed: dict[bytes, str] = {}

    def add_numeric_endpoints(
        self, change: InterfaceChange, configured: "dict[bytes, Name]"
    ) -> None:
        """Add to a change of the whole interface the addresses that are new."""
        for peer in change.peers:
            name = configured.get(peer.public_key)
            if name and not self._is_known(peer.public_key, name):
                peer.endpoint = _numeric(name)

    def _is_known(self, key: bytes, name: "Name") -> bool:
        given = self._configured.get(key) == name
        return given and self._interface.reachability(key).endpoint is not None

    def set_names(self, configured: "dict[bytes, Name]") -> None:
        """From now on these are the names, once the change is made."""
        self._configured = configured
        self._failed.clear()
        names = {key: name for key, name in configured.items() if not _numeric(name)}
        self._schedule.set_names(names, clock.boottime())

    def restart(self, public_keys: "Collection[bytes]") -> None:
        """The names of these peers are as if they had just been given."""
        for key in public_keys:
            self._failed.pop(key, None)
        self._schedule.restart(public_keys, clock.boottime())

    def lookup_error(self, public_key: bytes) -> str:
        """Why a peer's name could not be resolved when last tried; empty if it was."""
        return self._failed.get(public_key, "")

    def descriptor(self) -> int:
        """What to watch, for ``handle_results``."""
        return self._lookups.descriptor()

    def network_changed(self) -> None:
        """The network has changed."""
        self._schedule.network_changed(clock.boottime())

    def tick(self) -> None:
        """Do what is due; to be called every second or so."""
        now = clock.boottime()
        reachability_of = self._interface.reachability
        for key, name in self._schedule.take_due(
            now, reachability_of, self._lookups.capacity()
        ):
            try:
                self._lookups.start(key, name)
            except RuntimeError as error:
                self._note(key, name, [], str(error))
        for key, endpoint in self._schedule.next_endpoints(now, reachability_of):
            self._interface.set_endpoint(key, endpoint)

    def handle_results(self) -> None:
        """Some lookups have ended."""
        for answer in self._lookups.results():
            self._note(*answer)

    def _note(
        self, key: bytes, name: "Name", found: "list[EndpointTuple]", reason: str
    ) -> None:
        if reason and self._failed.get(key) != reason:
            self._log.error(f"{quote(name[0])}: {reason}; trying on")
        self._failed[key] = reason
        reachability = self._interface.reachability(key)
        endpoint = self._schedule.handle_result(
            key, name, found, reachability, clock.boottime()
        )
        if endpoint:
            self._interface.set_endpoint(key, endpoint)


def _numeric(name: "Name") -> "EndpointTuple | None":
    try:
        return numeric_endpoint(*name, socket.if_nametoindex)
    except ConfigError:
        return None
