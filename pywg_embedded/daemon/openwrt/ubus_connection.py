"""The connection to ubusd, which is opened again after it is lost."""

from ...openwrt.ubus import UbusClient, UbusError
from .. import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...openwrt.ubus import Method
    from ..dataplane import Plane
    from ..log import Log

    Table = dict[str, Any]

# Milliseconds between two attempts to connect.
_MIN_DELAY, _MAX_DELAY = 1_000, 30_000


class UbusConnection:
    """A connection that logs errors, each once, instead of raising them.

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
        self._log = log
        self._connect = connect
        self._ubus: UbusClient | None = None
        self._objects: dict[str, dict[str, Method]] = {}
        self._logged = ""
        self._delay = _MIN_DELAY
        self._retry_at = 0
        self.connections = 0

    def publish(self, path: str, methods: "dict[str, Method]") -> None:
        """Add an object to ubus, now and after each reconnection."""
        self._objects[path] = methods
        if self._ubus:
            self._try(lambda ubus: ubus.add_object(path, methods))

    def call(self, path: str, method: str, arguments: "Table") -> "Table | None":
        """Call a method and return its reply, None if there is none."""
        return self._try(lambda ubus: ubus.call(path, method, arguments))

    def send_event(self, kind: str, values: "Table") -> None:
        """Broadcast an event."""
        self._try(lambda ubus: ubus.send_event(kind, values))

    def descriptor(self) -> int:
        """Return the descriptor that is readable when ``handle_messages`` is due.

        It is -1 while there is no connection.
        """
        return self._ubus.descriptor() if self._ubus else -1

    def handle_messages(self) -> None:
        """Process the messages that have arrived, and answer calls."""
        self._try(lambda ubus: ubus.serve())

    def tick(self) -> None:
        """Connect if there is no connection; to be called about once a second."""
        now = clock.boottime()
        if self._ubus or now < self._retry_at:
            return
        try:
            self._ubus = self._connect()
        except (OSError, UbusError) as error:
            self._retry_at = now + self._delay
            self._delay = min(2 * self._delay, _MAX_DELAY)
            self._log_once(f"cannot connect to ubus: {error}; will retry")
            return
        self._plane.watch(self._ubus.descriptor())
        self._delay = _MIN_DELAY
        self._logged = ""
        self.connections += 1
        for path, methods in self._objects.items():
            self.publish(path, methods)

    def close(self) -> None:
        """Close the connection."""
        if self._ubus:
            self._plane.unwatch(self._ubus.descriptor())
            self._ubus.close()
            self._ubus = None

    def _try(self, action: "Callable[[UbusClient], Table | None]") -> "Table | None":
        if self._ubus is None:
            return None
        try:
            return action(self._ubus)
        except UbusError as error:
            self._log_once(str(error))
        except OSError as error:
            self._log_once(f"ubus connection lost: {error}")
            self.close()
        return None

    def _log_once(self, text: str) -> None:
        if text != self._logged:
            self._log.warning(text)
        self._logged = text
