"""The file that UCI text is in: read whole, replaced whole or not at all."""

import os

from .. import files
from ..control.text import located
from ..core.errors import ConfigError
from . import uci

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .uci import Section

# Descriptions may be in any encoding; what we do not touch stays as it is.
_CODEC = ("utf-8", "surrogateescape")


def network_path() -> str:
    """Where the network's configuration is: in UCI_CONFIG_DIR, or /etc/config."""
    return os.path.join(os.environ.get("UCI_CONFIG_DIR") or "/etc/config", "network")


def read_text(path: str) -> str:
    """The text of a file; raises ConfigError led by its path."""
    try:
        with open(path, "rb") as file:
            return file.read().decode(*_CODEC)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def read_sections(path: str) -> "list[Section]":
    """What is in the file; raises ConfigError led by its path."""
    try:
        return uci.parse(read_text(path))
    except ConfigError as error:
        raise located(path, error) from None


def replace_text(path: str, text: str) -> None:
    """Put ``text`` in the place of a file, with the same mode and owner.

    Raises ConfigError led by the path, and then nothing has changed.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    # Hidden, or uci would take it for a package.
    new = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        files.replace(target, new, text.encode(*_CODEC), os.stat(target))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
