"""Names are looked up beside the main path, which never waits for one.

In threads: getaddrinfo() cannot be told to give up, and leaves Python to the main
thread while it waits. Measured on x86-64, beside a daemon of 15.2 MiB: the first
lookup takes 0.4 MiB, most of it the C library's resolver, which four threads at once
share (0.1 MiB more); a child process takes 10 to 12 MiB for as long as it waits, and
one that is forked has a copy of every key.
"""

import _thread
import os
import socket

from ... import hostname
from ...core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...core.config import EndpointTuple

    LookupResult = tuple[bytes, tuple[str, int], list[EndpointTuple], str]

# A name whose server is dead must not keep others waiting; nor may threads pile up.
MAX_LOOKUPS = 4
# musl gives a thread 128 KiB, glibc 8 MiB of address space.
_STACK = 256 * 1024


class Lookups:
    """Lookups under way; ``descriptor`` can be read when there are answers."""

    def __init__(self) -> None:
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        self._running = 0
        # Threads append, the main one takes: each a single step for the interpreter.
        self._results: list[LookupResult] = []

    def descriptor(self) -> int:
        """What to watch."""
        return self._wake

    def capacity(self) -> int:
        """How many may be started now."""
        return MAX_LOOKUPS - self._running

    def start(self, public_key: bytes, name: "tuple[str, int]") -> None:
        """Look a name up for a peer. Raises RuntimeError if no thread can be had."""
        stack = _thread.stack_size(_STACK)
        try:
            _thread.start_new_thread(self._look_up, (public_key, name))
        finally:
            _thread.stack_size(stack)
        self._running += 1

    def results(self) -> "Iterator[LookupResult]":
        """``(public key, name, endpoints, reason)``; no endpoints, but for a reason."""
        try:
            os.read(self._wake, MAX_LOOKUPS)
        except BlockingIOError:
            pass
        while self._results:
            self._running -= 1
            yield self._results.pop(0)

    def _look_up(self, public_key: bytes, name: "tuple[str, int]") -> None:
        found: list[EndpointTuple] = []
        reason = ""
        try:
            found = hostname.resolve(*name)
        except socket.gaierror as error:
            reason = error.strerror or str(error)
        except (ConfigError, OSError) as error:
            reason = str(error)
        self._results.append((public_key, name, found, reason))
        os.write(self._waker, b"\0")
