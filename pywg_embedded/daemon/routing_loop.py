"""The report of endpoints that are routed into the tunnel itself.

The data plane recognises its own datagrams that come back, and drops them.
"""

from ..control.address import format_endpoint
from ..control.keys import to_base64
from . import clock
from .log import FailureLog
from .netlink.routes import output_ifindex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .interface import Interface
    from .log import Log

# Each is a request to the kernel, during which packets wait.
_MAX_LOOKUPS = 1024
_ADVICE = "its packets are dropped; add a route to it through another interface"


class RoutingLoopMonitor:
    """Logs a routing loop once, and ends the wait of its peers once it is mended.

    ``ifindex`` is the interface index of the tunnel.
    """

    def __init__(self, interface: "Interface", ifindex: int, log: "Log") -> None:
        self._interface = interface
        self._ifindex = ifindex
        self._log = log
        self._warnings = FailureLog(log)
        self._dropped = 0
        self._active = False
        self._peers: list[bytes] = []

    def tick(self) -> None:
        """Check whether a loop began or ended; cheap while there is none."""
        dropped = self._interface.plane.drops.get("routing_loop", 0)
        is_new = dropped != self._dropped
        self._dropped = dropped
        if is_new and not self._active:
            self._active = True
            self._peers = self._looping_peers()
            self._report()
        elif self._active and not self._looping_peers():
            # What is dropped after this lookup is another loop.
            self._active = is_new and not self._peers
            if not self._active:
                self._end()

    def _report(self) -> None:
        now = clock.boottime()
        endpoints = self._interface.endpoints()
        for public_key in self._peers:
            name = format_endpoint(endpoints[public_key])
            peer = to_base64(public_key)
            text = f"endpoint {name} of peer {peer} is routed into this interface"
            self._warnings.warning(f"{text}: {_ADVICE}", now)
        if not self._peers:
            text = "datagrams of this interface are routed into it and dropped"
            self._warnings.warning(f"{text}; check the routes to the endpoints", now)

    def _end(self) -> None:
        self._log.verbose("the endpoints are no longer routed into this interface")
        self._dropped = self._interface.plane.drops.get("routing_loop", 0)
        # Their handshakes would wait for REKEY_TIMEOUT.
        self._interface.rekey(self._peers)
        self._peers = []

    def _looping_peers(self) -> "list[bytes]":
        """Return the public keys of the peers whose endpoint is routed into the TUN."""
        endpoints = self._interface.endpoints()
        names = self._peers or list(endpoints)[:_MAX_LOOKUPS]
        fwmark = self._interface.fwmark()
        return [
            public_key
            for public_key in names
            if public_key in endpoints
            and not endpoints[public_key][2]  # link-local: through its own interface
            and output_ifindex(endpoints[public_key][0], fwmark) == self._ifindex
        ]
