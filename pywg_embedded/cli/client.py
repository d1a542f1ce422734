"""The client of the control socket."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from ..control import uapi
from ..control.text import quote
from ..core.config import InterfaceChange, InterfaceStatus
from ..core.errors import ConfigError, Error

SOCKET_DIRECTORY = "/var/run/wireguard"
SUFFIX = ".sock"

_NO_CONNECTION = {
    errno.ENOENT: "no such interface; start it with 'pywgd {name}'",
    errno.ECONNREFUSED: "the daemon is not running; start it with 'pywgd {name}'",
    errno.EACCES: "permission denied; run pywg as root",
    errno.EPERM: "permission denied; run pywg as root",
}
_REJECTED = {
    errno.ENOSPC: "restart the daemon with a larger --max-peers or --max-allowed-ips",
    errno.EADDRINUSE: "choose another listen-port",
    errno.EINVAL: "the daemon rejected a value; its log has the reason if it was "
    "started with LOG_LEVEL=error",
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
    with _conversation(name) as stream:
        stream.write("get=1\n\n")
        stream.flush()
        return uapi.read_status(stream, socket.if_nametoindex)


def change(name: str, wanted: InterfaceChange) -> None:
    """Apply the change ``wanted`` to the interface ``name``.

    Raises:
        ConfigError: there is no daemon, or it rejects the change.
    """
    with _conversation(name) as stream:
        stream.writelines(uapi.format_change(wanted))
        stream.flush()
        for place, key, _ in uapi.read_answer(stream):
            raise ConfigError(f"{place}: unexpected {quote(key)}")


def _path(name: str) -> str:
    if not name or "/" in name or "\0" in name or len(name) > 15:
        raise ConfigError(f"invalid interface name {quote(name)}")
    return f"{SOCKET_DIRECTORY}/{name}{SUFFIX}"


def _connect(name: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(_path(name))
    except BaseException:
        connection.close()
        raise
    return connection


def _answers(name: str) -> bool:
    try:
        if not stat.S_ISSOCK(os.stat(_path(name)).st_mode):
            return False
        _connect(name).close()
    except PermissionError:
        return True
    except (OSError, ConfigError):
        return False
    return True


@contextmanager
def _conversation(name: str) -> Iterator[TextIO]:
    """Connect a text stream to the daemon; raise errors with ``name`` before them."""
    try:
        with _connect(name) as connection, connection.makefile("rw") as stream:
            yield stream
    except uapi.Refused as error:
        raise ConfigError(f"{name}: {_advice(error.errno)}") from None
    except OSError as error:
        known = _NO_CONNECTION.get(error.errno or 0, error.strerror or str(error))
        raise ConfigError(f"{name}: {known.format(name=name)}") from None
    except UnicodeError:
        raise ConfigError(f"{name}: the answer is not text") from None
    except Error as error:
        raise ConfigError(f"{name}: {error}") from None


def _advice(error: int) -> str:
    advice = _REJECTED.get(error)
    return os.strerror(error) + (f"; {advice}" if advice else "")
