"""The reference plane: ``Transport`` with a TUN descriptor and UDP sockets.

Packets are moved inside ``wait``, which returns when there is an event, when a watched
descriptor is ready, or when its timeout has passed.
"""

import errno
import os
import select
import struct
from collections import deque

from ...core.constants import (
    HANDSHAKE_QUEUE_SIZE,
    HANDSHAKE_TOS,
    MESSAGE_TRANSPORT,
)
from ...core.endpoint import Endpoint
from ...core.errors import Drop
from .. import events
from ..limits import Limits
from .transport import BUFFER_SIZE, HEADER, Transport
from .udp import Udp, drop_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .transport import Event

# Packets that are read from one descriptor before the next has its turn.
_BURST = 32
# Handshake messages per wait: each takes milliseconds on a router.
_HANDSHAKES_PER_POLL = 8
_TUN_GONE = frozenset((errno.EBADFD, errno.ENODEV, errno.EBADF))


class Plane(Transport):
    """Moves packets between a TUN descriptor and UDP.

    ``clock`` returns the time in milliseconds.
    """

    kind = "python"

    def __init__(self, tun: int, limits: Limits, clock: "Callable[[], int]") -> None:
        self._udp = Udp(self._drop)
        super().__init__(limits, clock, self._udp, self)
        self._tun = tun
        self._tun_gone = False
        os.set_blocking(tun, False)
        self._tun_room = self._outgoing_view[HEADER : BUFFER_SIZE - 2 * HEADER]
        self._handshakes: deque[tuple[bytes, Endpoint]] = deque()
        self._watched: set[int] = set()
        self._monitored: int | None = None
        self._poll = select.poll()
        self._poll.register(tun, select.POLLIN)

    def listen(self, port: int) -> int:
        """Bind the sockets to a UDP port (0: any), and return the port.

        Raises OSError, with the old port still bound, if the port is unavailable.
        """
        before = self._udp.descriptors()
        port_before = self._udp.port
        port = self._udp.listen(port)
        self._update_poll(before)
        if port != port_before:
            self.clear_sources()
        return port

    def close(self) -> None:
        """Close the sockets; nothing is received or sent until ``listen``."""
        before = self._udp.descriptors()
        self._udp.close()
        self._handshakes.clear()
        self._update_poll(before)

    def port(self) -> int:
        """Return the UDP port, or 0 if the sockets are closed."""
        return self._udp.port

    def set_fwmark(self, fwmark: int) -> None:
        """Set the mark of outer packets (0: none); raises OSError if not permitted."""
        self._udp.set_fwmark(fwmark)
        self.clear_sources()

    def check_source(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint, without its source if that does not fit the route."""
        return self._udp.check_source(endpoint)

    def send_datagram(self, data: bytes, endpoint: Endpoint) -> bool:
        """Send a handshake message or a cookie reply; return whether it was sent."""
        self._sent_indices.add(data)
        return self._udp.send(data, endpoint, HANDSHAKE_TOS)[0]

    def watch(self, descriptor: int, writable: bool = False) -> None:
        """Let ``wait`` return READY when a descriptor is readable, or writable."""
        self._watched.add(descriptor)
        self._poll.register(descriptor, select.POLLOUT if writable else select.POLLIN)

    def unwatch(self, descriptor: int) -> None:
        """Stop watching a descriptor; call this before it is closed."""
        self._watched.discard(descriptor)
        self._poll.unregister(descriptor)

    def wait(self, timeout: int | None) -> "list[Event]":
        """Move packets for at most ``timeout`` milliseconds, and return the events.

        None waits without limit. An empty list means that the timeout has passed, or
        that routes have changed. The work of a call is limited, so that a flood cannot
        delay the caller's timers.
        """
        end = None if timeout is None else self._clock() + timeout
        while True:
            idle = not (self._events or self._handshakes)
            quiet = self._poll_once(self._remaining(end) if idle else 0)
            self._emit_handshake_events()
            if self._events:
                return self.take_events()
            # ``quiet`` also ends the wait if the clock stands still.
            if quiet or (end is not None and self._clock() >= end):
                return []

    def write(self, packet: memoryview | bytes) -> None:
        """Write a packet to the TUN device."""
        try:
            os.write(self._tun, packet)
        except OSError as error:
            self._tun_failed(error)

    def _remaining(self, end: int | None) -> int | None:
        return None if end is None else max(0, end - self._clock())

    def _poll_once(self, timeout: int | None) -> bool:
        """Poll once, and move what is ready; return True if nothing was."""
        ready = []
        monitored = self._poll_routes()
        polled = self._poll.poll(self._until_routes_are_due(timeout))
        # Before any packet is moved.
        readable = any(descriptor == monitored for descriptor, _ in polled)
        self._udp.routes.update(readable, self._clock())
        for descriptor, _ in polled:
            if descriptor == monitored:
                continue
            if descriptor == self._tun:
                self._drain_tun()
            elif descriptor in self._watched:
                ready.append((events.READY, descriptor))
            else:
                self._drain_udp(descriptor)
        # Last: their handling may remove a peer that other events name.
        self._events.extend(ready)
        return not polled

    def _poll_routes(self) -> int | None:
        """Poll the route monitor, or not; return its descriptor if so."""
        descriptor = self._udp.routes.descriptor(self._clock())
        if descriptor != self._monitored:
            if self._monitored is not None:
                self._poll.unregister(self._monitored)
            if descriptor is not None:
                self._poll.register(descriptor, select.POLLIN)
            self._monitored = descriptor
        return descriptor

    def _until_routes_are_due(self, timeout: int | None) -> int | None:
        due_at = self._udp.routes.due_at
        if due_at is None:
            return timeout
        until_due = max(0, due_at - self._clock())
        return until_due if timeout is None else min(timeout, until_due)

    def _drain_tun(self) -> None:
        for _ in range(_BURST):
            try:
                length = os.readv(self._tun, (self._tun_room,))
            except BlockingIOError:
                return
            except OSError as error:
                self._tun_failed(error)
                return
            self.send_packet(length)

    def _drain_udp(self, descriptor: int) -> None:
        for _ in range(_BURST):
            received = self._udp.receive(descriptor, self.incoming)
            if received is None:
                return
            self._receive(*received)

    def _receive(self, length: int, source: Endpoint, tos: int) -> None:
        if length < 4 or not source.port:
            self._drop("malformed")
        elif struct.unpack_from("<I", self.incoming)[0] == MESSAGE_TRANSPORT:
            self.receive_transport(length, source, tos)
        else:
            self._receive_handshake(bytes(self._incoming_view[:length]), source)

    def _receive_handshake(self, data: bytes, source: Endpoint) -> None:
        backlog = len(self._handshakes)
        try:
            reply = self._handshake_filter.check(data, source, backlog, self._clock())
            if reply is not None:
                self._udp.send(reply, self.check_source(source), HANDSHAKE_TOS)
                raise Drop("cookie_required")
            if backlog >= HANDSHAKE_QUEUE_SIZE:
                raise Drop("handshake_queue_full")
            self._handshakes.append((data, source))
        except Drop as drop:
            self._drop(drop.args[0])

    def _emit_handshake_events(self) -> None:
        for _ in range(min(_HANDSHAKES_PER_POLL, len(self._handshakes))):
            data, source = self._handshakes.popleft()
            backlog = self._handshake_filter.backlog(
                len(self._handshakes), self._clock()
            )
            self._events.append((events.HANDSHAKE, data, source, backlog))

    def _tun_failed(self, error: OSError) -> None:
        if error.errno not in _TUN_GONE:
            self._drop(drop_reason("tun", error))
        elif not self._tun_gone:
            self._tun_gone = True
            self._poll.unregister(self._tun)
            self._events.append((events.TUN_GONE,))

    def _update_poll(self, before: list[int]) -> None:
        if self._monitored is not None:
            self._poll.unregister(self._monitored)
            self._monitored = None
        for descriptor in before:
            self._poll.unregister(descriptor)
        for descriptor in self._udp.descriptors():
            self._poll.register(descriptor, select.POLLIN)
