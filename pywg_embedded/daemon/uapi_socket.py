"""The control socket: requests of any size, answered in bounded memory.

``wg``, ``wg-quick`` and ``pywg`` speak to /var/run/wireguard/IFNAME.sock, which root
alone may open.
"""

import os
import socket

from ..control import uapi
from ..core.config import InterfaceChange
from ..core.errors import EIO, ConfigError, Error
from ..dataplane.limits import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .interface import Interface

DIRECTORY = "/var/run/wireguard"
_CHUNK = 16_384
_MAX_CONNECTIONS = 16
# Of reading, applying or sending, before packets get their turn.
_STEPS = 8


class Connection:
    """One client: what it asks, and the part of the answer that it did not take yet."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        sock.setblocking(False)
        self.socket = sock
        self._reader = uapi.Reader(limits.peers, limits.allowed_ips, _scope_of)
        self._requests: Iterator[str | InterfaceChange | ConfigError] = iter(())
        self._answer: Iterator[str] = iter(())
        self._unsent = b""
        self._ended = False
        # Whether to go on as soon as the client can be written to.
        self.wants_to_write = False

    def serve(self, answer_to: "Callable[..., Iterator[str]]") -> bool:
        """Go on for a while, or as far as the client lets us; False when it is done.

        The work of one call is bounded: packets wait meanwhile.
        """
        self.wants_to_write = True
        try:
            for _ in range(_STEPS):
                if self._send():
                    continue
                if self._unsent:
                    return True
                request = next(self._requests, None)
                if request is not None:
                    self._answer = answer_to(request)
                elif not self._read():
                    self.wants_to_write = False
                    return not self._ended
        except OSError:
            return False
        return True

    def _send(self) -> bool:
        """Send more of the answer; False if there is none, or the client is slow."""
        if not self._unsent:
            self._unsent = _next_chunk(self._answer)
        if not self._unsent:
            return False
        try:
            sent = self.socket.send(self._unsent)
        except BlockingIOError:
            return False
        self._unsent = self._unsent[sent:]
        return True

    def _read(self) -> bool:
        """Read more of the requests; False if there is nothing now, or no more."""
        if self._ended:
            return False
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return False
        self._ended = not data
        self._requests = self._reader.feed(data) if data else self._reader.end()
        return True


class UapiServer:
    """The listening socket and its connections."""

    def __init__(self, name: str, descriptor: int | None, limits: Limits) -> None:
        self._path = f"{DIRECTORY}/{name}.sock"
        self._limits = limits
        self._connections: dict[int, Connection] = {}
        if descriptor is None:
            self._listener = _listen(self._path)
        else:
            self._listener = _adopt(descriptor)
        self._listener.setblocking(False)
        self._file = self._identity()

    def descriptor(self) -> int:
        """The listening socket, to watch."""
        return self._listener.fileno()

    def exists(self) -> bool:
        """Whether the socket's file is still there; who removes it wants us to end."""
        return self._identity() == self._file

    def accept(self) -> Connection | None:
        """A new client, or None if there is none or there are enough of them."""
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return None
        if len(self._connections) >= _MAX_CONNECTIONS:
            sock.close()
            return None
        connection = Connection(sock, self._limits)
        self._connections[sock.fileno()] = connection
        return connection

    def connection(self, descriptor: int) -> Connection | None:
        """The client behind a descriptor."""
        return self._connections.get(descriptor)

    def disconnect(self, connection: Connection) -> None:
        """Part with a client."""
        del self._connections[connection.socket.fileno()]
        connection.socket.close()

    def close(self) -> None:
        """Remove the socket, and part with every client."""
        for connection in list(self._connections.values()):
            self.disconnect(connection)
        self._listener.close()
        try:
            if self.exists():
                os.unlink(self._path)
        except OSError:
            pass  # removed by somebody else, or not ours to remove

    def _identity(self) -> tuple[int, int] | None:
        """What tells our file from one that another daemon put in its place."""
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino


def respond(
    interface: "Interface", request: str | InterfaceChange | ConfigError
) -> "Iterator[str]":
    """The text that answers a request; a change is applied, or refused whole."""
    if isinstance(request, ConfigError):
        return iter((uapi.format_answer(request),))
    if not isinstance(request, InterfaceChange):
        return uapi.format_status(interface.status())
    try:
        interface.configure(request)
    except OSError as error:
        unforeseen = ConfigError(str(error), error.errno or EIO)
        return iter((uapi.format_answer(unforeseen),))
    except Error as error:
        return iter((uapi.format_answer(error),))
    return iter((uapi.format_answer(),))


def _next_chunk(answer: "Iterator[str]") -> bytes:
    parts: list[str] = []
    size = 0
    for part in answer:
        parts.append(part)
        size += len(part)
        if size >= _CHUNK:
            break
    return "".join(parts).encode()


def _scope_of(name: str) -> int:
    return socket.if_nametoindex(name)


def _listen(path: str) -> socket.socket:
    try:
        os.makedirs(DIRECTORY, mode=0o755, exist_ok=True)
        _remove_stale(path)
        return _bound(path)
    except OSError as error:
        raise Error(f"cannot listen on {path}: {error.strerror}") from error


def _remove_stale(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(path)
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise Error(f"{path} is in use: a daemon runs for this interface already")


def _bound(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o077)
    try:
        sock.bind(path)
        sock.listen(_MAX_CONNECTIONS)
    except OSError:
        sock.close()
        raise
    finally:
        os.umask(umask)
    return sock


def _adopt(descriptor: int) -> socket.socket:
    try:
        return socket.socket(fileno=descriptor)
    except OSError as error:
        text = f"WG_UAPI_FD: descriptor {descriptor} is not a socket: {error.strerror}"
        raise Error(text) from error
