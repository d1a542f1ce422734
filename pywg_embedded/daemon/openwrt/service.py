"""The daemon as a part of OpenWrt: under netifd, and as an object on ubus."""

from ...control.keys import from_base64
from ...core.errors import EINVAL, ENOSPC, ConfigError
from ...openwrt import store
from ...openwrt.netifd import INTERFACE, NOTIFY, notify_error
from ...openwrt.ubus import INVALID_ARGUMENT, NOT_FOUND, Method, Ubus, UbusError
from .. import clock
from ..status.peer_monitor import Watch
from ..status.report import Report
from .netifd import Netifd
from .restart_backoff import LONG_ENOUGH
from .ubus_connection import Bus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from ...dataplane.tun import Tun
    from ..interface import Interface
    from ..log import Log
    from .restart_backoff import Attempts
    from .uci_config import Source

_EVENT = "pywg"
# Codes of errors that netifd shows.
ERRORS = START, CONFIGURATION = "START", "CONFIGURATION"


class Router:
    """Told every second; it stands without ubus too, and waits for it."""

    def __init__(
        self,
        interface: "Interface",
        tun: "Tun",
        log: "Log",
        attempts: "Attempts",
        connect: "Callable[[], Ubus]" = Ubus,
    ) -> None:
        self._attempts = attempts
        self._settled_at = clock.boottime() + LONG_ENOUGH
        self._name = tun.name
        self._interface = interface
        self.bus = Bus(interface.plane, log, connect)
        self.netifd = Netifd(interface, tun, self.bus, log)
        self._watch = Watch(interface, self._tell)
        self._source: Source | None = None
        self._stale = False
        self._refusal = ""
        self.bus.tend()

    def present(self, source: "Source") -> None:
        """Apply the configuration, and answer questions about it from now on.

        Raises what ``Source.load`` does, and netifd knows why.
        """
        self._source = source
        report = Report(self._interface, source, self._watch)
        methods = {
            "status": Method(report.status),
            "history": Method(report.history),
            "reload": Method(self._reload),
            "resolve": Method(self._resolve, "peer"),
            "rekey": Method(self._rekey, "peer"),
            "retry": Method(self._retry),
        }
        # Before we read: a change from now on calls, and waits to be heard.
        self.bus.offer(f"pywg.{self._name}", methods)
        try:
            source.load()
        except ConfigError as error:
            self._refuse(error)
            raise

    def tend(self, routes_changed: bool) -> None:
        """Do what is due."""
        self.bus.tend()
        self._look_at_source()
        self._watch.look()
        self.netifd.follow(routes_changed)
        if self._settled_at and clock.boottime() >= self._settled_at:
            self._settled_at = 0
            self._attempts.succeed()

    def close(self) -> None:
        """Leave nothing behind."""
        self._tell("down", {})
        self.netifd.close()
        self.bus.close()

    def _tell(self, action: str, details: "dict[str, Any]") -> None:
        values = {"action": action, "interface": self._name, **details}
        self.bus.send_event(_EVENT, values)

    def _refuse(self, error: ConfigError) -> None:
        # What only the configuration can mend is not tried again until it changes.
        if error.errno in (EINVAL, ENOSPC):
            self._attempts.block(store.network_path())
            self.netifd.refuse(self._name, CONFIGURATION, str(error))
        else:
            self.netifd.complain(self._name, START, str(error))

    def _look_at_source(self) -> None:
        if self._source and self._stale:
            self._stale = False
            self._source.reload()
        if self._source and self._source.refusal != self._refusal:
            self._refusal = self._source.refusal
            if self._refusal:
                self.netifd.complain(self._name, CONFIGURATION, self._refusal)

    def _reload(self) -> "dict[str, Any]":
        # Not at once: we may be in the midst of a call of our own.
        self._stale = True
        return {}

    def _resolve(self, peer: str) -> "dict[str, Any]":
        meant = self._meant(peer)
        if self._source:
            self._source.endpoints.forget(meant)
            self._source.endpoints.tend()
        return {}

    def _rekey(self, peer: str) -> "dict[str, Any]":
        self._interface.rekey(self._meant(peer))
        return {}

    def _retry(self) -> "dict[str, Any]":
        self._interface.rekey(self._interface.silent())
        return {}

    def _meant(self, peer: str) -> "Collection[bytes]":
        known = self._interface.device.peers.keys()
        if not peer:
            return known
        try:
            public_key = from_base64(peer)
        except ConfigError as error:
            raise UbusError(str(error), INVALID_ARGUMENT) from None
        if public_key not in known:
            raise UbusError("no such peer", NOT_FOUND)
        return (public_key,)


def pass_on(name: str, reason: str) -> None:
    """Tell netifd, which forgets it at each start, why the last one was in vain."""
    try:
        ubus = Ubus()
        ubus.call(INTERFACE, NOTIFY, notify_error(name, START, reason))
        ubus.close()
    except (OSError, UbusError):
        pass  # it is in the log, too
