"""The file /etc/config/network: read as a whole, and replaced atomically."""

import os

from .. import files
from ..control.text import located
from ..core.errors import ConfigError
from . import uci

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .uci import Section

# Descriptions can be in any encoding; unchanged bytes must survive.
_CODEC = ("utf-8", "surrogateescape")


def network_path() -> str:
    """Return the path of the file "network" in $UCI_CONFIG_DIR, or /etc/config."""
    return os.path.join(os.environ.get("UCI_CONFIG_DIR") or "/etc/config", "network")


def read_text(path: str) -> str:
    """Return the text of a file; raises ConfigError with its path."""
    try:
        with open(path, "rb") as file:
            return file.read().decode(*_CODEC)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def read_sections(path: str) -> "list[Section]":
    """Return the sections of a file; raises ConfigError with its path."""
    try:
        return uci.parse(read_text(path))
    except ConfigError as error:
        raise located(path, error) from None


class NetworkFile:
    """The file "network": sections that were read ahead are not parsed again.

    Once, and only if the file is unchanged: ``read`` takes what ``read_ahead`` left.
    """

    def __init__(self) -> None:
        self.path = network_path()
        self._ahead: list[Section] | None = None
        self._identity: tuple[int, ...] = ()

    def read_ahead(self) -> "list[Section]":
        """Return the sections, and keep them for the next ``read``.

        Raises:
            ConfigError: the file cannot be read or parsed; the message has its path.
        """
        self._identity = _identity(self.path)
        self._ahead = read_sections(self.path)
        return self._ahead

    def read(self) -> "list[Section]":
        """Return the sections of the file as it is now.

        Raises:
            ConfigError: the file cannot be read or parsed; the message has its path.
        """
        ahead, self._ahead = self._ahead, None
        if ahead is not None and self._identity == _identity(self.path):
            return ahead
        return read_sections(self.path)


def _identity(path: str) -> "tuple[int, ...]":
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def replace_text(path: str, text: str) -> None:
    """Replace a file by one with ``text``, with the same mode and owner.

    Raises ConfigError with the path; the file is unchanged then.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    # A hidden file: uci takes any other for a package.
    new = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        files.replace(target, new, text.encode(*_CODEC), os.stat(target))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
