"""The record of an interface's host routes, in a file on tmpfs.

A daemon that is killed cannot remove its routes, and they do not vanish with its
interface. The next daemon of the same interface finds them here. Each line is the
argument of ``ip route delete``.
"""

import fcntl
import os

from ...control.address import format_allowed_ip, parse_allowed_ip
from ...control.text import parse_number
from ...core.errors import ConfigError
from ...files import remove
from .routes import PROTOCOL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...core.config import AllowedIP

    # Destination and metric.
    RouteKey = tuple[AllowedIP, int]

_MAX_METRIC = 2**32 - 1
_WORDS = 5


class RouteRecord:
    """The file, kept open: later the daemon may not be permitted to open it.

    Raises OSError if it cannot be opened, BlockingIOError if a daemon that runs has it:
    its routes are in use.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise
        size = os.fstat(self._descriptor).st_size
        self._content = os.pread(self._descriptor, size, 0)

    def routes(self) -> "Iterator[RouteKey]":
        """Yield the recorded routes; malformed lines are ignored."""
        for line in self._content.decode("ascii", "replace").splitlines():
            words = line.split()
            try:
                if len(words) == _WORDS:
                    yield (
                        parse_allowed_ip(words[0]),
                        parse_number(words[2], _MAX_METRIC),
                    )
            except ConfigError:
                pass

    def write(self, keys: "Iterable[RouteKey]") -> None:
        """Replace the record if it differs.

        Raises:
            OSError: the file cannot be written.
        """
        lines = [
            f"{format_allowed_ip(prefix)} metric {metric} proto {PROTOCOL}\n"
            for prefix, metric in keys
        ]
        content = "".join(sorted(lines)).encode()
        if content == self._content:
            return
        # Padded: if the daemon is killed between the two calls, no part of an old line
        # is left that could be read as another route.
        os.pwrite(self._descriptor, content.ljust(len(self._content), b"\n"), 0)
        os.ftruncate(self._descriptor, len(content))
        self._content = content

    def close(self) -> None:
        """Remove the file if no routes are recorded, and close it."""
        if not self._content:
            remove(self._path)
        os.close(self._descriptor)
