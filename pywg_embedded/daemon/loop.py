"""The main loop: poll the data plane, which moves packets meanwhile, handle its events,
and run periodic tasks."""

import os
import signal

from ..core import drop_reasons
from ..core.errors import ConfigError, Error
from ..dataplane import events
from . import clock
from .interface import Interface
from .log import Log
from .netlink.link_monitor import LinkMonitor
from .uapi_socket import Connection, UapiServer, respond

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .openwrt.service import OpenwrtService
    from .openwrt.uci_config import UciConfig

# Milliseconds. For conditions without a notification: a removed socket file, the link
# in another network namespace, changed routes.
_TICK_INTERVAL = 1_000
# Each check is a route lookup in the kernel, during which packets wait.
_SOURCE_CHECKS_PER_TICK = 64
# Milliseconds without data after which a control connection is closed: always, and if
# its place or its descriptor is needed for a new connection.
_IDLE_TIMEOUT = 60_000
_IDLE_TIMEOUT_WHEN_FULL = 1_000
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)
SIGNALS = (*ENDING_SIGNALS, signal.SIGHUP)
_MAX_SIGNALS = 64


class Loop:
    """Runs an interface until it is deleted, its socket is removed or a signal ends it.

    With a ``uci_config``, SIGHUP reloads the configuration; a ``service`` is updated
    each second, and when routes change.
    """

    def __init__(
        self,
        interface: Interface,
        links: LinkMonitor,
        server: UapiServer,
        log: Log,
        uci_config: "UciConfig | None" = None,
        service: "OpenwrtService | None" = None,
    ) -> None:
        self._interface = interface
        self._plane = interface.plane
        self._links = links
        self._server = server
        self._log = log
        self._uci_config = uci_config
        self._service = service
        self._signal_reader, self._signal_writer = os.pipe()
        self._running = True
        self._next_tick_at = 0
        self._listening = False
        self._accept_error = ""
        self._drops: dict[str, int] = {}
        # The ids of the peers whose source address is to be checked.
        self._unchecked: list[int] = []

    def run(self) -> int:
        """Run the loop to its end, clean up, and return the exit code."""
        self._catch_signals()
        self._plane.watch(self._links.descriptor())
        self._resume_accepting()
        if self._uci_config:
            self._plane.watch(self._uci_config.endpoints.descriptor())
        try:
            while self._running:
                self._poll_once()
        finally:
            self.close()
        return 0

    def close(self) -> None:
        """Remove the control socket and close everything; ``run`` ends with it."""
        self._server.close()
        if self._service:
            self._service.close()
        self._interface.close()
        self._links.close()

    def apply_link_state(self) -> None:
        """Follow the link: open or close the UDP port, set the MTU, stop if it is gone.

        A port that cannot be opened is logged once.
        """
        up = self._links.up
        if up is None:
            self._stop("the interface was deleted")
            return
        self._plane.mtu = self._links.mtu
        try:
            self._interface.set_up(up)
            listen_error = ""
        except OSError as error:
            listen_error = f"cannot listen: {error.strerror}; set another listen port"
        if listen_error and listen_error != self._interface.listen_error:
            self._log.error(listen_error)
        self._interface.listen_error = listen_error

    def _poll_once(self) -> None:
        for event in self._plane.wait(self._timeout()):
            self._handle(event)
        self._interface.handle_timer()
        if clock.boottime() >= self._next_tick_at:
            self._next_tick_at = clock.boottime() + _TICK_INTERVAL
            self._tick()

    def _timeout(self) -> int:
        until_tick = max(0, self._next_tick_at - clock.boottime())
        until_timer = self._interface.timeout()
        return until_tick if until_timer is None else min(until_tick, until_timer)

    def _handle(self, event: "tuple[Any, ...]") -> None:
        if event[0] == events.TUN_GONE:
            self._stop("the interface was deleted")
        elif event[0] != events.READY:
            self._interface.handle(event)
        elif event[1] == self._links.descriptor():
            self._links.read()
            self.apply_link_state()
        elif event[1] == self._server.descriptor():
            self._accept()
        elif event[1] == self._signal_reader:
            self._handle_signals()
        elif self._uci_config and event[1] == self._uci_config.endpoints.descriptor():
            self._uci_config.endpoints.handle_results()
        elif self._service and event[1] == self._service.ubus.descriptor():
            self._service.ubus.handle_messages()
        else:
            self._serve(event[1])

    def _accept(self) -> None:
        try:
            connection = self._server.accept()
        except Error as error:
            self._make_room(str(error))
            return
        if connection is not None:
            self._accept_error = ""
            self._plane.watch(connection.socket.fileno())

    def _make_room(self, reason: str) -> None:
        """Close the longest idle connection; if all are in use, stop accepting.

        A client that waits meanwhile would make each wait return at once.
        """
        idle = self._server.idle_connections(_IDLE_TIMEOUT_WHEN_FULL)
        if idle:
            self._disconnect(idle[0], reason)
            return
        self._plane.unwatch(self._server.descriptor())
        self._listening = False
        if reason != self._accept_error:
            text = "cannot accept a connection on the control socket"
            self._log.warning(f"{text}: {reason}; will retry")
        self._accept_error = reason

    def _resume_accepting(self) -> None:
        if not self._listening:
            self._plane.watch(self._server.descriptor())
            self._listening = True

    def _disconnect(self, connection: Connection, reason: str) -> None:
        self._log.verbose(f"closing an idle control connection: {reason}")
        self._plane.unwatch(connection.socket.fileno())
        self._server.disconnect(connection)
        self._resume_accepting()

    def _serve(self, descriptor: int) -> None:
        connection = self._server.connection(descriptor)
        if connection is None:
            return
        self._plane.unwatch(descriptor)
        if connection.serve(self._respond):
            self._plane.watch(descriptor, connection.wants_to_write)
        else:
            self._server.disconnect(connection)
            self._resume_accepting()

    def _respond(self, request: "Any") -> "Iterator[str]":
        if isinstance(request, ConfigError):
            self._log.error(f"UAPI request rejected: {request}")
        return respond(self._interface, request)

    def _tick(self) -> None:
        if not self._server.exists():
            self._stop("the control socket was removed")
        for connection in self._server.idle_connections(_IDLE_TIMEOUT):
            self._disconnect(connection, f"no data for {_IDLE_TIMEOUT // 1000} s")
        self._resume_accepting()
        self._links.poll()
        self.apply_link_state()
        self._log_drops()
        routes_changed = self._links.routes_changed
        self._check_sources()
        if self._uci_config:
            self._uci_config.endpoints.tick()
        if self._service:
            self._service.tick(routes_changed)

    def _log_drops(self) -> None:
        if not self._log.is_verbose():
            return
        drops = self._interface.drops()
        for reason, count in drops.items():
            new = count - self._drops.get(reason, 0)
            if new:
                self._log.verbose(f"dropped {new}: {drop_reasons.TEXTS[reason]}")
        self._drops = drops

    def _check_sources(self) -> None:
        if self._links.routes_changed:
            self._links.routes_changed = False
            self._unchecked = self._interface.peers_with_source()
            if self._uci_config:
                self._uci_config.endpoints.network_changed()
        for peer_id in self._unchecked[:_SOURCE_CHECKS_PER_TICK]:
            self._interface.check_source(peer_id)
        del self._unchecked[:_SOURCE_CHECKS_PER_TICK]

    def _catch_signals(self) -> None:
        os.set_blocking(self._signal_writer, False)
        signal.set_wakeup_fd(self._signal_writer)
        self._plane.watch(self._signal_reader)
        for signum in SIGNALS if self._uci_config else ENDING_SIGNALS:
            signal.signal(signum, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _handle_signals(self) -> None:
        # From the wakeup descriptor: a Python handler could run amid any other call.
        for signum in os.read(self._signal_reader, _MAX_SIGNALS):
            if self._uci_config and signum == signal.SIGHUP:
                self._uci_config.reload()
            else:
                self._stop("received a termination signal")

    def _stop(self, reason: str) -> None:
        if self._running:
            self._log.verbose(f"stopping: {reason}")
        self._running = False
