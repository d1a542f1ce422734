"""The file that UCI text is in: read whole, replaced whole or not at all."""

import os

from ..control.text import located
from ..core.errors import ConfigError
from . import uci

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .uci import Section

# Descriptions may be in any encoding; what we do not touch stays as it is.
_ENCODING = {"encoding": "utf-8", "errors": "surrogateescape", "newline": ""}


def network_path() -> str:
    """Where the network's configuration is: in UCI_CONFIG_DIR, or /etc/config."""
    return os.path.join(os.environ.get("UCI_CONFIG_DIR") or "/etc/config", "network")


def read_text(path: str) -> str:
    """The text of a file; raises ConfigError led by its path."""
    try:
        with open(path, **_ENCODING) as file:  # type: ignore[call-overload]
            text: str = file.read()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    return text


def read_sections(path: str) -> "list[Section]":
    """What is in the file; raises ConfigError led by its path."""
    try:
        return uci.parse(read_text(path))
    except ConfigError as error:
        raise located(path, error) from None


def replace_text(path: str, text: str) -> None:
    """Put ``text`` in the place of a file, with the same mode and owner.

    Whoever reads it meanwhile, or after a power cut, has the old or the new one.
    Raises ConfigError led by the path, and then nothing has changed.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    # Hidden, or uci would take it for a package.
    new = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        _write_like(target, new, text)
        os.rename(new, target)
    except OSError as error:
        _remove(new)
        raise ConfigError(f"{path}: {error.strerror}") from None


def _write_like(old: str, new: str, text: str) -> None:
    model = os.stat(old)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(new, flags, 0o600)
    with open(descriptor, "w", **_ENCODING) as file:  # type: ignore[call-overload]
        os.fchown(descriptor, model.st_uid, model.st_gid)
        os.fchmod(descriptor, model.st_mode & 0o7777)
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # it was never made
