"""Name lookups in threads, beside the main loop, which never waits for one.

Threads, because getaddrinfo() cannot be cancelled, and releases Python's lock while it
waits. Measured on x86-64, for a daemon of 15.2 MiB: the first lookup takes 0.4 MiB,
most of it the C library's resolver, which four threads at once share (0.1 MiB more).
A child process takes 10 to 12 MiB while it waits, and a forked one copies every key.
"""

import _thread
import os
import socket

from ... import hostname

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...core.config import EndpointTuple

    LookupResult = tuple[bytes, tuple[str, int], list[EndpointTuple], str]

# Several, so that a dead name server does not delay the lookups of other zones.
MAX_LOOKUPS = 4
# The default is 128 KiB with musl, 8 MiB of address space with glibc.
_STACK_SIZE = 256 * 1024


class Lookups:
    """The running lookups."""

    def __init__(self) -> None:
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        self._running = 0
        # Shared with the threads: append() and pop() are atomic in Python.
        self._results: list[LookupResult] = []

    def descriptor(self) -> int:
        """Return the descriptor that is readable when there are results."""
        return self._wake

    def capacity(self) -> int:
        """Return how many lookups can be started now."""
        return MAX_LOOKUPS - self._running

    def start(self, public_key: bytes, name: "tuple[str, int]") -> None:
        """Look up a host and port for a peer.

        Raises:
            RuntimeError: no thread can be started.
        """
        stack_size = _thread.stack_size(_STACK_SIZE)
        try:
            _thread.start_new_thread(self._look_up, (public_key, name))
        finally:
            _thread.stack_size(stack_size)
        self._running += 1

    def results(self) -> "Iterator[LookupResult]":
        """Yield ``(public key, (host, port), endpoints, error)`` of finished lookups.

        Either there are endpoints, or ``error`` is a text.
        """
        try:
            os.read(self._wake, MAX_LOOKUPS)
        except BlockingIOError:
            pass
        while self._results:
            self._running -= 1
            yield self._results.pop(0)

    def _look_up(self, public_key: bytes, name: "tuple[str, int]") -> None:
        endpoints: list[EndpointTuple] = []
        text = ""
        try:
            endpoints = hostname.resolve(*name)
        except socket.gaierror as error:
            text = error.strerror or str(error)
        except Exception as error:
            # Of any kind: a thread that ends without a result keeps its place for good.
            text = str(error) or type(error).__name__
        self._results.append((public_key, name, endpoints, text))
        os.write(self._waker, b"\0")
