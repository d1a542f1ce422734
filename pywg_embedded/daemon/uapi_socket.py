"""The control socket, /var/run/wireguard/IFNAME.sock: UAPI in bounded memory.

Its clients are ``wg``, ``wg-quick`` and ``pywg``; only root may connect.
"""

import os
import socket

from ..control import uapi
from ..core.config import InterfaceChange
from ..core.errors import EIO, ConfigError, Error, LimitError
from ..core.secret import wipe
from ..dataplane.limits import Limits
from ..files import remove
from . import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .interface import Interface

DIRECTORY = "/var/run/wireguard"
_CHUNK = 16_384
_MAX_CONNECTIONS = 16
# Reads, requests or sends of a client before packets are moved again.
_STEPS_PER_CALL = 8


class Connection:
    """A client: the requests that it sends, and the unsent rest of the response.

    ``wants_to_write`` tells whether to poll the socket for writing; ``active_at`` is
    the boot time in milliseconds when data was last received or sent.
    """

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        sock.setblocking(False)
        self.socket = sock
        self._reader = uapi.Reader(
            limits.peers, limits.allowed_ips, socket.if_nametoindex
        )
        self._requests: Iterator[str | InterfaceChange | ConfigError] = iter(())
        self._response: Iterator[bytearray] = iter(())
        self._unsent = memoryview(bytearray())
        self._ended = False
        self.wants_to_write = False
        self.active_at = clock.boottime()

    def serve(self, respond: "Callable[..., Iterator[bytearray]]") -> bool:
        """Read requests and send responses; return False once the client is done.

        ``respond`` returns the response to a request in parts. The work of one call is
        bounded, because packets wait meanwhile.
        """
        self.wants_to_write = True
        try:
            for _ in range(_STEPS_PER_CALL):
                if self._send():
                    continue
                if self._unsent:
                    return True
                request = next(self._requests, None)
                if request is not None:
                    self._response = respond(request)
                elif not self._read():
                    self.wants_to_write = False
                    return not self._ended
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the socket, and overwrite what was received and not sent."""
        self.socket.close()
        self._reader.wipe()
        _wipe_view(self._unsent)

    def _send(self) -> bool:
        """Send a part of the response; return False if nothing could be sent."""
        if not self._unsent:
            self._unsent = _next_chunk(self._response)
        if not self._unsent:
            return False
        try:
            sent = self.socket.send(self._unsent)
        except BlockingIOError:
            return False
        _wipe_view(self._unsent[:sent])
        self._unsent = self._unsent[sent:]
        self.active_at = clock.boottime()
        return True

    def _read(self) -> bool:
        """Read from the client; return False if there is nothing to read."""
        if self._ended:
            return False
        buffer = bytearray(_CHUNK)
        try:
            size = self.socket.recv_into(buffer)
        except BlockingIOError:
            return False
        self.active_at = clock.boottime()
        self._ended = not size
        if size:
            self._requests = self._reader.feed(memoryview(buffer)[:size])
            wipe(buffer)
        else:
            self._requests = self._reader.end()
        return True


class UapiServer:
    """The listening socket and its connections.

    It listens on ``descriptor`` if that is given, else on the path of the interface
    ``name``. Raises Error if it cannot.
    """

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
        """Return the descriptor of the listening socket."""
        return self._listener.fileno()

    def exists(self) -> bool:
        """Return whether the socket file exists; its removal ends the daemon."""
        return self._identity() == self._file

    def accept(self) -> Connection | None:
        """Accept a connection; return None if none is waiting.

        Raises:
            Error: the limit of connections or of file descriptors is reached.
        """
        count = len(self._connections)
        if count >= _MAX_CONNECTIONS:
            limit = f"(limit {_MAX_CONNECTIONS})"
            raise Error(f"too many connections: {count + 1} {limit}")
        try:
            sock, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None
        except OSError as error:
            raise Error(error.strerror) from error
        connection = Connection(sock, self._limits)
        self._connections[sock.fileno()] = connection
        return connection

    def idle_connections(self, milliseconds: int) -> "list[Connection]":
        """Return the connections that are idle for so long, the longest idle first."""
        idle_since = clock.boottime() - milliseconds
        idle = [c for c in self._connections.values() if c.active_at <= idle_since]
        return sorted(idle, key=lambda connection: connection.active_at)

    def connection(self, descriptor: int) -> Connection | None:
        """Return the connection with this descriptor, or None."""
        return self._connections.get(descriptor)

    def disconnect(self, connection: Connection) -> None:
        """Close a connection."""
        del self._connections[connection.socket.fileno()]
        connection.close()

    def close(self) -> None:
        """Close all connections and remove the socket file."""
        for connection in list(self._connections.values()):
            self.disconnect(connection)
        self._listener.close()
        if self.exists():
            remove(self._path)

    def _identity(self) -> tuple[int, int] | None:
        """Return device and inode of the file, which differ if it is replaced."""
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino


def respond(
    interface: "Interface", request: str | InterfaceChange | ConfigError
) -> "Iterator[bytearray]":
    """Carry out a UAPI request and return the response in parts, to be overwritten.

    A configuration change is rejected as a whole if a value is wrong; its secrets are
    overwritten. What the tables have no room for is left out and logged; the answer is
    ENOSPC then, unless the change replaces all peers, as at the start of an interface
    by wg-quick(8), which would remove the interface.
    """
    error: Error | None = None
    if isinstance(request, ConfigError):
        error = request
    elif isinstance(request, InterfaceChange):
        try:
            surplus = interface.configure(request)
            interface.log_surplus(request, surplus)
            if surplus and not request.replace_peers:
                error = LimitError("the tables are full")
        except OSError as unexpected:
            error = ConfigError(str(unexpected), unexpected.errno or EIO)
        except Error as refused:
            error = refused
        finally:
            request.wipe_secrets()
    else:
        return uapi.format_status(interface.status())
    return iter((bytearray(uapi.format_answer(error).encode()),))


def _next_chunk(response: "Iterator[bytearray]") -> memoryview:
    parts: list[bytearray] = []
    size = 0
    for part in response:
        parts.append(part)
        size += len(part)
        if size >= _CHUNK:
            break
    chunk = bytearray().join(parts)
    for part in parts:
        wipe(part)
    return memoryview(chunk)


def _wipe_view(view: memoryview) -> None:
    view[:] = bytes(len(view))


def _listen(path: str) -> socket.socket:
    try:
        os.makedirs(DIRECTORY, mode=0o755, exist_ok=True)
        _remove_stale(path)
        return _bind(path)
    except OSError as error:
        raise Error(f"cannot listen on {path}: {error.strerror}") from error


def _remove_stale(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        try:
            sock.connect(path)
        except BlockingIOError:
            pass  # a daemon with a full queue of connections
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise Error(
        f"{path} is in use: another daemon serves this interface; stop it first"
    )


def _bind(path: str) -> socket.socket:
    # wg(8) removes a socket that refuses its connection. The file therefore gets its
    # name, the only one that wg(8) looks for, when the socket listens.
    unlisted = f"{path}.new"
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o077)
    try:
        remove(unlisted)
        sock.bind(unlisted)
        sock.listen(_MAX_CONNECTIONS)
        os.rename(unlisted, path)
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
