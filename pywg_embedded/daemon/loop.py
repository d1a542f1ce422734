"""The main loop: wait (packets move inside), then do what must be decided."""

import os
import signal

from ..core.errors import ConfigError
from ..dataplane import events
from . import clock
from .interface import Interface
from .log import Log
from .netlink.link_monitor import Links
from .uapi_socket import UapiServer, answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .openwrt.service import Router
    from .openwrt.uci_config import Source

# What no descriptor tells us is looked at this often: whether the socket file is
# there, how an interface fares that was moved away, where routes lead by now.
_CHORES_EVERY = 1_000
# Each is a question to the kernel, and packets wait meanwhile.
_SOURCES_AT_ONCE = 64
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)
SIGNALS = (*ENDING_SIGNALS, signal.SIGHUP)
_SIGNALS_AT_ONCE = 64


class Loop:
    """Runs an interface until it is gone, its socket is removed, or a signal comes.

    With a ``source``, SIGHUP has it read again; a ``router`` is told of routes.
    """

    def __init__(
        self,
        interface: Interface,
        links: Links,
        server: UapiServer,
        log: Log,
        source: "Source | None" = None,
        router: "Router | None" = None,
    ) -> None:
        self._interface = interface
        self._plane = interface.plane
        self._links = links
        self._server = server
        self._log = log
        self._source = source
        self._router = router
        self._wake, self._waker = os.pipe()
        self._running = True
        self._chores_at = 0
        self._drops: dict[str, int] = {}
        self._unchecked: list[int] = []

    def begin(self) -> None:
        """Do what the caller's next command may rely on."""
        self._follow_link()

    def run(self) -> int:
        """The exit code, once it is over."""
        self._catch_signals()
        self._plane.watch(self._links.descriptor())
        self._plane.watch(self._server.descriptor())
        if self._source:
            self._plane.watch(self._source.endpoints.descriptor())
        try:
            while self._running:
                self._turn()
        finally:
            self.close()
        return 0

    def close(self) -> None:
        """Clean up behind us; the end of ``run`` does so by itself."""
        self._server.close()
        if self._router:
            self._router.close()
        self._interface.close()
        self._links.close()

    def _turn(self) -> None:
        for event in self._plane.wait(self._timeout()):
            self._handle(event)
        self._interface.handle_timer()
        if clock.boottime() >= self._chores_at:
            self._chores_at = clock.boottime() + _CHORES_EVERY
            self._do_chores()

    def _timeout(self) -> int:
        until_chores = max(0, self._chores_at - clock.boottime())
        until_timer = self._interface.timeout()
        return until_chores if until_timer is None else min(until_chores, until_timer)

    def _handle(self, event: "tuple[Any, ...]") -> None:
        if event[0] == events.TUN_GONE:
            self._stop("the interface was deleted")
        elif event[0] != events.READY:
            self._interface.handle(event)
        elif event[1] == self._links.descriptor():
            self._links.read()
            self._follow_link()
        elif event[1] == self._server.descriptor():
            connection = self._server.accept()
            if connection is not None:
                self._plane.watch(connection.socket.fileno())
        elif event[1] == self._wake:
            self._heed_signals()
        elif self._source and event[1] == self._source.endpoints.descriptor():
            self._source.endpoints.take_answers()
        elif self._router and event[1] == self._router.bus.descriptor():
            self._router.bus.serve()
        else:
            self._serve(event[1])

    def _serve(self, descriptor: int) -> None:
        connection = self._server.connection(descriptor)
        if connection is None:
            return
        self._plane.unwatch(descriptor)
        if connection.serve(self._answer):
            self._plane.watch(descriptor, connection.wants_to_write)
        else:
            self._server.drop(connection)

    def _answer(self, request: "Any") -> "Iterator[str]":
        if isinstance(request, ConfigError):
            self._log.error(f"request refused: {request}")
        return answer(self._interface, request)

    def _follow_link(self) -> None:
        up = self._links.up
        if up is None:
            self._stop("the interface was deleted")
            return
        self._plane.mtu = self._links.mtu
        try:
            self._interface.set_up(up)
            refused = ""
        except OSError as error:
            refused = f"cannot listen: {error.strerror}; set another listen-port"
        if refused and refused != self._interface.refused:
            self._log.error(refused)
        self._interface.refused = refused

    def _do_chores(self) -> None:
        if not self._server.exists():
            self._stop("the control socket was removed")
        self._links.look()
        self._follow_link()
        self._log_drops()
        routes_changed = self._links.routes_changed
        self._check_sources()
        if self._source:
            self._source.endpoints.tend()
        if self._router:
            self._router.tend(routes_changed)

    def _log_drops(self) -> None:
        if not self._log.is_verbose():
            return
        drops = self._interface.drops()
        for reason, count in drops.items():
            new = count - self._drops.get(reason, 0)
            if new:
                self._log.verbose(f"dropped {new}: {reason}")
        self._drops = drops

    def _check_sources(self) -> None:
        if self._links.routes_changed:
            self._links.routes_changed = False
            self._unchecked = self._interface.peers_with_source()
            if self._source:
                self._source.endpoints.hurry()
        for peer_id in self._unchecked[:_SOURCES_AT_ONCE]:
            self._interface.check_source(peer_id)
        del self._unchecked[:_SOURCES_AT_ONCE]

    def _catch_signals(self) -> None:
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker)
        self._plane.watch(self._wake)
        for number in SIGNALS if self._source else ENDING_SIGNALS:
            signal.signal(number, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _heed_signals(self) -> None:
        # The numbers, which say all: a handler might run in the midst of a turn.
        for number in os.read(self._wake, _SIGNALS_AT_ONCE):
            if self._source and number == signal.SIGHUP:
                self._source.reload()
            else:
                self._stop("asked to end")

    def _stop(self, reason: str) -> None:
        if self._running:
            self._log.verbose(reason)
        self._running = False
