"""The connection to ubusd, as long as there is one, and again when it is back."""

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

_SHORTEST_DELAY, _LONGEST_DELAY = 1_000, 30_000


class UbusConnection:
    """Calls fail softly: what is asked in vain is logged, once, and None."""

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
        self._delay = _SHORTEST_DELAY
        self._retry_at = 0
        # How often there was a connection: who told somebody something tells it anew.
        self.connections = 0

    def publish(self, path: str, methods: "dict[str, Method]") -> None:
        """Have an object of this name whenever there is a connection."""
        self._objects[path] = methods
        if self._ubus:
            self._try(lambda ubus: ubus.add_object(path, methods))

    def call(self, path: str, method: str, arguments: "Table") -> "Table | None":
        """What a method answers, None if there was no answer."""
        return self._try(lambda ubus: ubus.call(path, method, arguments))

    def send_event(self, kind: str, values: "Table") -> None:
        """Tell whoever listens."""
        self._try(lambda ubus: ubus.send_event(kind, values))

    def descriptor(self) -> int:
        """What ``serve`` is for when it can be read; -1 while there is none."""
        return self._ubus.descriptor() if self._ubus else -1

    def handle_messages(self) -> None:
        """Somebody has called."""
        self._try(lambda ubus: ubus.serve())

    def tick(self) -> None:
        """Connect if there is no connection; to be called every second or so."""
        now = clock.boottime()
        if self._ubus or now < self._retry_at:
            return
        try:
            self._ubus = self._connect()
        except (OSError, UbusError) as error:
            self._retry_at = now + self._delay
            self._delay = min(2 * self._delay, _LONGEST_DELAY)
            self._log_once(f"no connection to ubus: {error}")
            return
        self._plane.watch(self._ubus.descriptor())
        self._delay = _SHORTEST_DELAY
        self._logged = ""
        self.connections += 1
        for path, methods in self._objects.items():
            self.publish(path, methods)

    def close(self) -> None:
        """Part with ubusd."""
        if self._ubus:
            self._plane.unwatch(self._ubus.descriptor())
            self._ubus.close()
            self._ubus = None

    def _try(self, act: "Callable[[UbusClient], Table | None]") -> "Table | None":
        if self._ubus is None:
            return None
        try:
            return act(self._ubus)
        except UbusError as error:
            self._log_once(str(error))
        except OSError as error:
            self._log_once(f"ubus: {error}")
            self.close()
        return None

    def _log_once(self, text: str) -> None:
        if text != self._logged:
            self._log.error(text)
        self._logged = text
