"""The connection to ubusd, which is opened again after it is lost.

No call waits, except for ``wait`` before the main loop runs: packets would wait too.
"""

from ...openwrt.ubus import UbusClient
from ...openwrt.ubus_messages import UbusError
from .. import clock
from ..log import FailureLog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...openwrt.ubus import Method
    from ..dataplane import Plane
    from ..log import Log

    Table = dict[str, Any]

# Milliseconds between two connections; doubled until ubusd answers a request.
_MIN_DELAY, _MAX_DELAY = 1_000, 30_000


class UbusConnection:
    """A connection that logs errors instead of raising them.

    ``connections`` counts the connections made: what was sent to a service on ubus must
    be sent again when it changes.
    """

    def __init__(
        self,
        plane: "Plane",
        log: "Log",
        connect: "Callable[[], UbusClient]" = UbusClient,
    ) -> None:
        self._plane = plane
        self._failures = FailureLog(log)
        self._connect = connect
        self._ubus: UbusClient | None = None
        self._objects: dict[str, dict[str, Method]] = {}
        self._delay = _MIN_DELAY
        self._retry_at = 0
        # Whether ubusd has greeted, and the descriptor is watched for writing.
        self._ready = False
        self._writing = False
        self.connections = 0

    def publish(self, path: str, methods: "dict[str, Method]") -> None:
        """Add an object to ubus, now or once connected, and after each reconnection."""
        self._objects[path] = methods
        if self._ready:
            self._use(lambda ubus: ubus.add_object(path, methods, self._note))

    def call(
        self,
        path: str,
        method: str,
        arguments: "Table",
        done: "Callable[[Table | None], None]",
    ) -> None:
        """Call a method and pass its reply to ``done``, None if there is none.

        That is at once while there is no connection, and after a few seconds without a
        reply.
        """

        def finish(reply: "Table | None", error: UbusError | None) -> None:
            self._note(error)
            done(reply)

        if not self._ready or not self._use(
            lambda ubus: ubus.request(path, method, arguments, finish)
        ):
            done(None)

    def send_event(self, kind: str, values: "Table") -> None:
        """Broadcast an event; it is lost while there is no connection."""
        if self._ready:
            self._use(lambda ubus: ubus.send_event(kind, values))

    def descriptor(self) -> int:
        """Return the descriptor that is ready when ``handle_messages`` is due.

        It is -1 while there is no connection.
        """
        return self._ubus.descriptor() if self._ubus else -1

    def handle_messages(self) -> None:
        """Process messages that have arrived, answer calls, and send what is left."""
        self._use(lambda ubus: ubus.serve())
        self._check_greeting()

    def tick(self) -> None:
        """Connect if there is no connection; give up on a ubusd that does not answer.

        To be called about once a second.
        """
        if self._ubus:
            self._use(lambda ubus: ubus.expire())
        elif clock.boottime() >= self._retry_at:
            self._open()

    def wait(self) -> None:
        """Wait for answers of ubusd for some seconds; only while no packets are moved.

        A connection that is lost meanwhile is not opened again.
        """
        while self._ubus and self._ubus.is_waiting():
            self._use(lambda ubus: ubus.wait())
            self._check_greeting()

    def close(self) -> None:
        """Close the connection; what waits for a reply gets None."""
        ubus, self._ubus = self._ubus, None
        self._ready = False
        if ubus:
            self._plane.unwatch(ubus.descriptor())
            ubus.close()

    def _open(self) -> None:
        self._retry_at = clock.boottime() + self._delay
        self._delay = min(2 * self._delay, _MAX_DELAY)
        try:
            self._ubus = self._connect()
        except OSError as error:
            self._warn(f"cannot connect to ubus: {error}; will retry")
            return
        self._writing = False
        self._plane.watch(self._ubus.descriptor())

    def _check_greeting(self) -> None:
        if self._ubus and self._ubus.greeted and not self._ready:
            self._ready = True
            self.connections += 1
            for path, methods in self._objects.items():
                self.publish(path, methods)

    def _use(self, action: "Callable[[UbusClient], None]") -> bool:
        """Return whether ``action`` was accepted; close a connection that is lost."""
        ubus = self._ubus
        if ubus is None:
            return False
        try:
            action(ubus)
        except UbusError as error:
            self._warn(str(error))
            return False
        except OSError as error:
            self._warn(f"ubus connection lost: {error}; will retry")
            if ubus is self._ubus:
                self.close()
        if ubus is self._ubus and ubus.wants_to_write() != self._writing:
            self._writing = ubus.wants_to_write()
            self._plane.watch(ubus.descriptor(), self._writing)
        return True

    def _note(self, error: UbusError | None) -> None:
        if not error:
            self._delay = _MIN_DELAY
        elif self._ubus:  # else the loss of the connection is logged
            self._warn(str(error))

    def _warn(self, text: str) -> None:
        self._failures.warning(text, clock.boottime())
