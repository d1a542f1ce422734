"""The daemon on OpenWrt: ubus object and events, netifd, configuration reload."""

from ...control.keys import from_base64
from ...core.errors import EINVAL, ENOSPC, ConfigError
from ...openwrt import uci_store
from ...openwrt.netifd import INTERFACE, NOTIFY, notify_error
from ...openwrt.ubus import Method, UbusClient
from ...openwrt.ubus_messages import INVALID_ARGUMENT, NOT_FOUND, UbusError
from .. import clock
from ..status.peer_monitor import PeerMonitor
from ..status.report import StatusReport
from .netifd import NetifdLink
from .restart_backoff import STABLE_AFTER
from .ubus_connection import UbusConnection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from ...dataplane.tun import Tun
    from ..interface import Interface
    from ..log import Log
    from ..netlink.host_routes import HostRoutes
    from ..tasks import Tasks
    from .restart_backoff import RestartBackoff
    from .uci_config import UciConfig

_EVENT = "pywg"
# Error codes for netifd.
ERRORS = START, CONFIGURATION = "START", "CONFIGURATION"


class OpenwrtService:
    """Connects an interface with OpenWrt's services; works without ubus as well."""

    def __init__(
        self,
        interface: "Interface",
        tun: "Tun",
        log: "Log",
        backoff: "RestartBackoff",
        tasks: "Tasks",
        host_routes: "HostRoutes",
        connect: "Callable[[], UbusClient]" = UbusClient,
    ) -> None:
        self._backoff = backoff
        self._stable_at = clock.boottime() + STABLE_AFTER
        self._name = tun.name
        self._interface = interface
        self.ubus = UbusConnection(interface.plane, log, connect)
        self.netifd = NetifdLink(interface, tun, self.ubus, tasks, host_routes)
        self._monitor = PeerMonitor(interface, self._send_event)
        self._uci_config: UciConfig | None = None
        self._reload_requested = False
        self._reported_error = ""
        self._tasks = tasks
        for task, function in (
            ("ubus connection", self.ubus.tick),
            ("reload by ubus", self._check_reload),
            ("peer monitor", self._monitor.tick),
            ("restart back-off", self._check_stable),
        ):
            tasks.add(task, function)
        self.ubus.tick()

    def start(self, uci_config: "UciConfig") -> None:
        """Publish the ubus object and load the configuration.

        Raises:
            Error, OSError: the configuration is rejected; netifd is notified.
        """
        self._uci_config = uci_config
        report = StatusReport(self._interface, uci_config, self._monitor)
        methods = {
            "status": self._method("status", report.status),
            "history": self._method("history", report.history),
            "reload": self._method("reload", self._reload),
            "resolve": self._method("resolve", self._resolve, "peer"),
            "rekey": self._method("rekey", self._rekey, "peer"),
            "retry": self._method("retry", self._retry),
        }
        # Before the file is read: a call of reload, after a later change, is not lost.
        self.ubus.publish(f"pywg.{self._name}", methods)
        self.ubus.wait()
        try:
            uci_config.load()
        except ConfigError as error:
            self._report_config_error(error)
            self.ubus.wait()
            raise

    def _method(
        self, name: str, handler: "Callable[..., dict[str, Any]]", *arguments: str
    ) -> Method:
        def invoke(*values: str) -> "dict[str, Any]":
            try:
                return handler(*values)
            except UbusError:
                raise
            except Exception as error:
                self._tasks.report(f"ubus method {name}", error)
                raise UbusError("internal error") from None

        return Method(invoke, *arguments)

    def tick(self, routes_changed: bool) -> None:
        """Run the periodic tasks; to be called about once a second."""
        for task in ("ubus connection", "reload by ubus", "peer monitor"):
            self._tasks.run(task)
        self.netifd.update(routes_changed)
        self._tasks.run("restart back-off")

    def _check_stable(self) -> None:
        if self._stable_at and clock.boottime() >= self._stable_at:
            self._stable_at = 0
            self._backoff.reset()

    def close(self) -> None:
        """Send the event ``down``, remove host routes and disconnect."""
        self._send_event("down", {})
        self.netifd.close()
        self.ubus.close()

    def _send_event(self, action: str, details: "dict[str, Any]") -> None:
        values = {"action": action, "interface": self._name, **details}
        self.ubus.send_event(_EVENT, values)

    def _report_config_error(self, error: ConfigError) -> None:
        # Another start with the same configuration would fail again.
        if error.errno in (EINVAL, ENOSPC):
            self._backoff.block_until_changed(uci_store.network_path())
            self.netifd.report_fatal_error(self._name, CONFIGURATION, str(error))
        else:
            self.netifd.report_error(self._name, START, str(error))

    def _check_reload(self) -> None:
        if self._uci_config and self._reload_requested:
            self._reload_requested = False
            try:
                self._uci_config.reload()
            except Exception:
                self._reload_requested = True
                raise
        if self._uci_config and self._uci_config.reload_error != self._reported_error:
            self._reported_error = self._uci_config.reload_error
            if self._reported_error:
                self.netifd.report_error(
                    self._name, CONFIGURATION, self._reported_error
                )

    def _reload(self) -> "dict[str, Any]":
        # Deferred to the next tick: the caller does not wait for it.
        self._reload_requested = True
        return {}

    def _resolve(self, peer: str) -> "dict[str, Any]":
        public_keys = self._select_peers(peer)
        if self._uci_config:
            self._uci_config.endpoints.restart(public_keys)
            self._uci_config.endpoints.tick()
        return {}

    def _rekey(self, peer: str) -> "dict[str, Any]":
        self._interface.rekey(self._select_peers(peer))
        return {}

    def _retry(self) -> "dict[str, Any]":
        self._interface.rekey(self._interface.unreachable_peers())
        return {}

    def _select_peers(self, peer: str) -> "Collection[bytes]":
        known = self._interface.device.peers.keys()
        if not peer:
            return known
        try:
            public_key = from_base64(peer)
        except ConfigError as error:
            raise UbusError(str(error), INVALID_ARGUMENT) from None
        if public_key not in known:
            raise UbusError(f"no peer with public key {peer}", NOT_FOUND)
        return (public_key,)


def report_last_failure(name: str, reason: str) -> None:
    """Report to netifd, which forgets errors at each start, why the last one failed."""
    try:
        ubus = UbusClient()
        ubus.call(INTERFACE, NOTIFY, notify_error(name, START, reason))
        ubus.close()
    except (OSError, UbusError):
        pass  # the reason is also in the log
