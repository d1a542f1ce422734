"""The client of the control socket."""

import errno
import os
import socket
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..control import uapi
from ..control.text import quote
from ..core.config import InterfaceChange, InterfaceStatus
from ..core.errors import ConfigError, Error

SOCKET_DIRECTORY = "/var/run/wireguard"
SUFFIX = ".sock"

# Seconds. A daemon answers within milliseconds, but a slow router that applies a
# thousand peers takes longer.
_TIMEOUT = 30
_RETRY_INTERVAL = 0.05

_CLOSED = (
    "connection closed before the end of the answer; "
    "the daemon is busy or was stopped: try again"
)
_NO_CONNECTION = {
    errno.ENOENT: "no such interface; start it with 'pywgd {name}'",
    errno.ECONNREFUSED: "the daemon is not running; start it with 'pywgd {name}'",
    errno.EACCES: "permission denied; run pywg as root",
    errno.EPERM: "permission denied; run pywg as root",
    errno.EAGAIN: "the daemon is busy: no free connection within {timeout} s; "
    "try again, or restart it if this persists",
    errno.ETIMEDOUT: "no answer from the daemon within {timeout} s; "
    "try again, or restart it if this persists",
    errno.EPIPE: _CLOSED,
    errno.ECONNRESET: _CLOSED,
}
_REJECTED = {
    errno.ENOSPC: "'pywg show {name}' names what was left out, 'pywg limits {name}' "
    "the options that raise the limits",
    errno.EADDRINUSE: "choose another listen-port",
    errno.EINVAL: "the daemon rejected a value; its log has the reason if it was "
    "started with LOG_LEVEL=error",
    errno.EMFILE: "the daemon has no free file descriptor; restart it",
    errno.ENFILE: "the system has no free file descriptor; "
    "close programs or raise fs.file-max",
}


def interfaces() -> list[str]:
    """Return the names of the interfaces that have a running daemon, sorted.

    Raises:
        ConfigError: the folder of the sockets cannot be read.
    """
    try:
        files = os.listdir(SOCKET_DIRECTORY)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{SOCKET_DIRECTORY}: {error.strerror}") from None
    names = [file[: -len(SUFFIX)] for file in files if file.endswith(SUFFIX)]
    return sorted(name for name in names if _answers(name))


def get(name: str) -> InterfaceStatus:
    """Return the status of the interface ``name``.

    Raises:
        ConfigError: there is no daemon, or its response is invalid.
    """
    with _conversation(name, "get=1\n\n") as answer:
        return uapi.read_status(answer, socket.if_nametoindex)


def change(name: str, wanted: InterfaceChange) -> None:
    """Apply the change ``wanted`` to the interface ``name``.

    Raises:
        ConfigError: there is no daemon, or it rejects the change.
    """
    with _conversation(name, "".join(uapi.format_change(wanted))) as answer:
        for place, key, _ in uapi.read_answer(answer):
            raise ConfigError(f"{place}: unexpected {quote(key)}")


def _path(name: str) -> str:
    if not name or "/" in name or "\0" in name or len(name) > 15:
        raise ConfigError(f"invalid interface name {quote(name)}")
    return f"{SOCKET_DIRECTORY}/{name}{SUFFIX}"


def _connect(name: str) -> socket.socket:
    """Connect to the daemon; raise BlockingIOError if its queue is full."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        # With a time-out, connect() does not wait for a place in the queue.
        connection.settimeout(_TIMEOUT)
        connection.connect(_path(name))
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_when_free(name: str) -> socket.socket:
    end = time.monotonic() + _TIMEOUT
    while True:
        try:
            return _connect(name)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
        time.sleep(_RETRY_INTERVAL)


def _answers(name: str) -> bool:
    try:
        if not stat.S_ISSOCK(os.stat(_path(name)).st_mode):
            return False
        _connect(name).close()
    except (PermissionError, BlockingIOError):
        return True
    except (OSError, ConfigError):
        return False
    return True


@contextmanager
def _conversation(name: str, request: str) -> Iterator[Iterator[str]]:
    """Send a request and yield the lines of the answer.

    Errors are raised with ``name`` before them.
    """
    try:
        with _connect_when_free(name) as connection:
            connection.sendall(request.encode())
            with connection.makefile("r") as stream:
                yield _lines(stream)
    except uapi.Refused as error:
        raise ConfigError(f"{name}: {_advice(name, error.errno)}") from None
    except OSError as error:
        # Only the system sets an errno, a time-out of Python's socket does not.
        hung = isinstance(error, TimeoutError)
        code = errno.ETIMEDOUT if hung else error.errno or 0
        known = _NO_CONNECTION.get(code, error.strerror or str(error))
        text = known.format(name=name, timeout=_TIMEOUT)
        raise ConfigError(f"{name}: {text}") from None
    except UnicodeError:
        raise ConfigError(f"{name}: the answer is not text") from None
    except Error as error:
        raise ConfigError(f"{name}: {error}") from None


def _lines(stream: Iterable[str]) -> Iterator[str]:
    yield from stream
    # The answer has a last line, after which nothing is read.
    raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def _advice(name: str, error: int) -> str:
    advice = _REJECTED.get(error, "").format(name=name)
    return os.strerror(error) + (f"; {advice}" if advice else "")
