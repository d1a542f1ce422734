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
from .routing_loop import RoutingLoopMonitor
from .tasks import Tasks
from .timestamps import Timestamps
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
# Milliseconds without data after which a control connection is closed: always, and if
# its place or its descriptor is needed for a new connection.
_IDLE_TIMEOUT = 60_000
_IDLE_TIMEOUT_WHEN_FULL = 1_000
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)
SIGNALS = (*ENDING_SIGNALS, signal.SIGHUP)
_MAX_SIGNALS = 64
# The tasks of each tick, in this order.
_PERIODIC = (
    "control socket check",
    "idle control connections",
    "link state",
    "log of drops",
    "clock check",
    "routing loop check",
)


class Loop:
    """Runs an interface until it is deleted, its socket is removed or a signal ends it.

    With a ``uci_config``, SIGHUP reloads the configuration; a ``service`` is updated
    each second, and when routes change. What fails is logged and run again at the next
    tick, and until then the descriptor that it serves is not watched.
    """

    def __init__(
        self,
        interface: Interface,
        links: LinkMonitor,
        server: UapiServer,
        log: Log,
        timestamps: Timestamps,
        uci_config: "UciConfig | None" = None,
        service: "OpenwrtService | None" = None,
        tasks: Tasks | None = None,
    ) -> None:
        self._interface = interface
        self._plane = interface.plane
        self._links = links
        self._server = server
        self._log = log
        self._timestamps = timestamps
        self._uci_config = uci_config
        self._service = service
        self._signal_reader, self._signal_writer = os.pipe()
        self._running = True
        self._next_tick_at = 0
        self._listening = False
        self._accept_error = ""
        self._drops: dict[str, int] = {}
        self._routing_loop = RoutingLoopMonitor(interface, links.index, log)
        # Descriptors that are not watched until the next tick, and when the timers are
        # run again, after a failure.
        self._paused: list[int] = []
        self._timers_paused = False
        self._reload_due = False
        self.tasks = tasks or Tasks(log)
        self._add_tasks()

    def _add_tasks(self) -> None:
        for name, function in (
            ("protocol message", self._interface.handle),
            ("protocol timers", self._interface.handle_timer),
            ("link notification", self._follow_link),
            ("new control connection", self._accept),
            ("control connection", self._serve),
            ("signal", self._handle_signals),
            ("control socket check", self._check_server),
            ("idle control connections", self._close_idle_connections),
            ("link state", self._poll_link),
            ("log of drops", self._log_drops),
            ("clock check", self._check_clock),
            ("routing loop check", self._routing_loop.tick),
        ):
            self.tasks.add(name, function)
        if self._uci_config:
            endpoints = self._uci_config.endpoints
            self.tasks.add("finished lookups", endpoints.handle_results)
            self.tasks.add("endpoint names", endpoints.tick)
            self.tasks.add("retry of lookups", endpoints.network_changed)
            self.tasks.add("configuration reload", self._reload)
            if not self._service:
                self.tasks.add("link configuration", self._uci_config.link.update)
        if self._service:
            self.tasks.add("ubus messages", self._service.ubus.handle_messages)

    def run(self) -> int:
        """Run the loop to its end, clean up, and return the exit code."""
        self._interface.lock_keys()
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
        try:
            # First: a process that waits for the end may remove the file of timestamps.
            self._timestamps.save()
            self._server.close()
            if self._service:
                self._service.close()
            elif self._uci_config:
                self._uci_config.link.close()
        finally:
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
        if self._links.left:
            # The sockets for ICMP errors are of the network namespace that it left.
            self._plane.set_icmp_sockets(-1, -1)
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
        if not self._timers_paused:
            self._timers_paused = not self.tasks.run("protocol timers")
        if clock.boottime() >= self._next_tick_at:
            self._next_tick_at = clock.boottime() + _TICK_INTERVAL
            self._tick()

    def _timeout(self) -> int:
        until_tick = max(0, self._next_tick_at - clock.boottime())
        until_timer = None if self._timers_paused else self._interface.timeout()
        return until_tick if until_timer is None else min(until_tick, until_timer)

    def _handle(self, event: "tuple[Any, ...]") -> None:
        if event[0] == events.TUN_GONE:
            self._stop("the interface was deleted")
        elif event[0] != events.READY:
            self.tasks.run("protocol message", event)
        else:
            self._handle_ready(event[1])

    def _handle_ready(self, descriptor: int) -> None:
        task = self._task_of(descriptor)
        if not task:
            self._handle_connection(descriptor)
        elif not self.tasks.run(task) and self._task_of(descriptor):
            # Else it would be ready again at once.
            self._plane.unwatch(descriptor)
            self._paused.append(descriptor)

    def _task_of(self, descriptor: int) -> str:
        """Return the task that a descriptor is watched for; empty for connections."""
        tasks = {
            self._links.descriptor(): "link notification",
            self._server.descriptor(): "new control connection",
            self._signal_reader: "signal",
        }
        if self._uci_config:
            tasks[self._uci_config.endpoints.descriptor()] = "finished lookups"
        if self._service:
            tasks[self._service.ubus.descriptor()] = "ubus messages"
        return tasks.get(descriptor, "")

    def _handle_connection(self, descriptor: int) -> None:
        connection = self._server.connection(descriptor)
        if connection and not self.tasks.run("control connection", connection):
            self._plane.unwatch(descriptor)
            self._server.disconnect(connection)
            self._resume_accepting()

    def _follow_link(self) -> None:
        self._links.read()
        self.apply_link_state()

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

    def _serve(self, connection: Connection) -> None:
        descriptor = connection.socket.fileno()
        if connection.serve(self._respond):
            self._plane.watch(descriptor, connection.wants_to_write)
        else:
            self._plane.unwatch(descriptor)
            self._server.disconnect(connection)
            self._resume_accepting()

    def _respond(self, request: "Any") -> "Iterator[bytearray]":
        if isinstance(request, ConfigError):
            self._log.error(f"UAPI request rejected: {request}")
        return respond(self._interface, request)

    def _tick(self) -> None:
        self._timers_paused = False
        for descriptor in self._paused:
            if self._task_of(descriptor):
                self._plane.watch(descriptor)
        self._paused.clear()
        routes_changed = self._links.take_routes_changed()
        for task in _PERIODIC:
            self.tasks.run(task)
        if self._uci_config:
            if self._reload_due:
                self.tasks.run("configuration reload")
            if routes_changed:
                self.tasks.run("retry of lookups")
            self.tasks.run("endpoint names")
        if self._service:
            self._service.tick(routes_changed)
        elif self._uci_config:
            self.tasks.run("link configuration", routes_changed)

    def _check_server(self) -> None:
        if not self._server.exists():
            self._stop("the control socket was removed")

    def _close_idle_connections(self) -> None:
        for connection in self._server.idle_connections(_IDLE_TIMEOUT):
            self._disconnect(connection, f"no data for {_IDLE_TIMEOUT // 1000} s")
        self._resume_accepting()

    def _poll_link(self) -> None:
        self._links.poll()
        self.apply_link_state()

    def _check_clock(self) -> None:
        if self._timestamps.tick():
            # They may have rejected timestamps of a clock that was wrong.
            self._interface.rekey(self._interface.unreachable_peers())

    def _log_drops(self) -> None:
        if not self._log.is_verbose():
            return
        drops = self._interface.drops()
        for reason, count in drops.items():
            new = count - self._drops.get(reason, 0)
            if new:
                self._log.verbose(f"dropped {new}: {drop_reasons.TEXTS[reason]}")
        self._drops = drops

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
                self._reload_due = True
                self.tasks.run("configuration reload")
            else:
                self._stop("received a termination signal")

    def _reload(self) -> None:
        if self._uci_config:
            self._uci_config.reload()
        self._reload_due = False

    def _stop(self, reason: str) -> None:
        if self._running:
            self._log.verbose(f"stopping: {reason}")
        self._running = False
