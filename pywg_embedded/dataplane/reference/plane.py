"""The data plane's interface over real descriptors: a transport with sockets under it.

``wait`` is the data plane: packets flow inside it, and it returns when there is
something to decide, when a watched descriptor is ready, or when time is up.
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

# Packets of one descriptor before the others get their turn.
_BURST = 32
# Handshake messages handed out at once: each costs milliseconds on a router.
_HANDSHAKES_PER_POLL = 8
_TUN_GONE = frozenset((errno.EBADFD, errno.ENODEV, errno.EBADF))


class Plane(Transport):
    """Moves packets between the TUN descriptor and UDP; ``clock`` in milliseconds."""

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
        self._poll = select.poll()
        self._poll.register(tun, select.POLLIN)

    def listen(self, port: int) -> int:
        """Take this UDP port (0: any) and answer it; OSError if it is not to be had."""
        before = self._udp.descriptors()
        port = self._udp.listen(port)
        self._update_poll(before)
        return port

    def close(self) -> None:
        """Give up the UDP port; nothing comes in or goes out until ``listen``."""
        before = self._udp.descriptors()
        self._udp.close()
        self._handshakes.clear()
        self._update_poll(before)

    def port(self) -> int:
        """The UDP port in use, or 0."""
        return self._udp.port

    def set_fwmark(self, fwmark: int) -> None:
        """Mark the outer packets, 0 for not; OSError if that is not permitted."""
        self._udp.set_fwmark(fwmark)

    def send_datagram(self, data: bytes, endpoint: Endpoint) -> None:
        """Send a handshake message or a cookie reply."""
        self._udp.send(data, endpoint, HANDSHAKE_TOS)

    def watch(self, descriptor: int, writable: bool = False) -> None:
        """Let ``wait`` return READY when this descriptor is readable, or writable."""
        self._watched.add(descriptor)
        self._poll.register(descriptor, select.POLLOUT if writable else select.POLLIN)

    def unwatch(self, descriptor: int) -> None:
        """Forget a descriptor, before it is closed."""
        self._watched.discard(descriptor)
        self._poll.unregister(descriptor)

    def wait(self, timeout: int | None) -> "list[Event]":
        """Move packets for at most so many milliseconds (None: for ever); the events.

        An empty list means that time is up. The work of one call is bounded, so that
        a flood cannot keep the caller from its timers.
        """
        end = None if timeout is None else self._clock() + timeout
        while True:
            idle = not (self._events or self._handshakes)
            quiet = self._poll_once(self._remaining(end) if idle else 0)
            self._emit_handshake_events()
            if self._events:
                return self.take_events()
            # The first also where the clock stands still.
            if quiet or (end is not None and self._clock() >= end):
                return []

    def write(self, packet: memoryview | bytes) -> None:
        """Hand a packet to the machine."""
        try:
            os.write(self._tun, packet)
        except OSError as error:
            self._tun_failed(error)

    def _remaining(self, end: int | None) -> int | None:
        return None if end is None else max(0, end - self._clock())

    def _poll_once(self, timeout: int | None) -> bool:
        """Move what is there; True if nothing was there in all that time."""
        ready = []
        polled = self._poll.poll(timeout)
        for descriptor, _ in polled:
            if descriptor == self._tun:
                self._drain_tun()
            elif descriptor in self._watched:
                ready.append((events.READY, descriptor))
            else:
                self._drain_udp(descriptor)
        # Last: who is told may remove a peer that the others speak of.
        self._events.extend(ready)
        return not polled

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
                self.send_datagram(reply, source)
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
        for descriptor in before:
            self._poll.unregister(descriptor)
        for descriptor in self._udp.descriptors():
            self._poll.register(descriptor, select.POLLIN)
