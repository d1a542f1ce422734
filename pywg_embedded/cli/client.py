"""The control tool's side of a daemon's UAPI socket."""

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
    errno.ENOENT: "there is no such interface; 'pywgd {name}' starts it",
    errno.ECONNREFUSED: "its daemon is gone; 'pywgd {name}' starts it again",
    errno.EACCES: "only root may control it; try again as root",
    errno.EPERM: "only root may control it; try again as root",
}
_REFUSED = {
    errno.ENOSPC: "start the daemon with larger --max-peers or --max-allowed-ips",
    errno.EADDRINUSE: "choose another listen-port",
    errno.EINVAL: "the daemon does not accept this value; LOG_LEVEL=error shows why",
}


def interfaces() -> list[str]:
    """The names of the interfaces whose daemon runs, sorted.

    Raises ConfigError if the directory of the sockets may not be read.
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
    """The state of the interface ``name``; raises Error with a line for a person."""
    with _conversation(name) as stream:
        stream.write("get=1\n\n")
        stream.flush()
        return uapi.read_status(stream, socket.if_nametoindex)


def change(name: str, wanted: InterfaceChange) -> None:
    """Apply ``wanted`` to the interface ``name``; raises Error if refused."""
    with _conversation(name) as stream:
        stream.writelines(uapi.format_change(wanted))
        stream.flush()
        for place, key, _ in uapi.read_answer(stream):
            raise ConfigError(f"{place}: unexpected {quote(key)}")


def _path(name: str) -> str:
    if not name or "/" in name or "\0" in name or len(name) > 15:
        raise ConfigError(f"{quote(name)} cannot be the name of an interface")
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
    """A text stream to the daemon; every failure becomes one line with ``name``."""
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


def _advice(number: int) -> str:
    advice = _REFUSED.get(number)
    return os.strerror(number) + (f": {advice}" if advice else "")
