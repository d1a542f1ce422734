"""Removal of stored keys that nothing refers to.

1. A reference counts wherever it is: in any file of the configuration, in changes that
   are not committed or not applied, and in the copy from which a failed apply restores
   the configuration.
2. A key that LuCI has just created is in no configuration yet. A file with its name is
   in $PYWG_NEW_KEYS until a configuration refers to it.
3. Only names of LuCI's are removed; a key with another name was stored by hand.
"""

import os
import re

from ..core.errors import ConfigError
from . import key_store, uci_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Changes that are not committed; those of LuCI's sessions, and the snapshot.
_UNCOMMITTED = "/tmp/.uci"
_SESSIONS = "/var/run/rpcd"
_SESSION_FOLDERS = ("uci-", "snapshot-")
_REFERENCE = re.compile(rb"kept:([A-Za-z0-9_-]{1,64})")
# A public key in the characters of a file name, or a random number.
_NAME_BY_LUCI = re.compile(r"[A-Za-z0-9_-]{43}|psk-[0-9a-f]{16}")


def names_in_use(texts: "Iterable[str]" = (), without: str = "") -> "set[str]":
    """Return the names of stored keys that the configuration or ``texts`` refer to.

    The file ``without`` does not count. Raises ConfigError if a file cannot be read.
    """
    contents = [text.encode("utf-8", "surrogateescape") for text in texts]
    network = uci_store.network_path()
    for path in _configurations():
        if path != without:
            contents.append(_read(path, is_required=path == network))
    return {
        name.decode() for content in contents for name in _REFERENCE.findall(content)
    }


def remove(names: "Iterable[str]") -> "list[str]":
    """Remove stored keys; return the paths of those that existed.

    Raises ConfigError with the path of a file that cannot be removed.
    """
    paths = [os.path.join(key_store.directory(), name) for name in sorted(names)]
    return [path for path in paths if remove_file(path)]


def remove_file(path: str) -> bool:
    """Remove a file, and return whether it existed.

    Raises ConfigError with the path if it cannot be removed.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    return True


def remove_unused() -> "list[str]":
    """Remove the keys stored by LuCI that nothing refers to; return their paths.

    Raises ConfigError if a configuration cannot be read; no key is removed then.
    """
    new_keys = os.environ.get("PYWG_NEW_KEYS") or "/var/run/pywg-new-keys"
    new = set(_listed(new_keys))
    stored = _listed(key_store.directory())
    used = names_in_use()
    for name in new & used:
        remove_file(os.path.join(new_keys, name))
    return remove(
        name
        for name in stored
        if _NAME_BY_LUCI.fullmatch(name) and name not in used and name not in new
    )


def _configurations() -> "Iterator[str]":
    folders = [os.path.dirname(uci_store.network_path()), _UNCOMMITTED]
    folders += [
        os.path.join(_SESSIONS, name)
        for name in _listed(_SESSIONS)
        if name.startswith(_SESSION_FOLDERS)
    ]
    yield uci_store.network_path()
    for folder in folders:
        for name in _listed(folder):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and path != uci_store.network_path():
                yield path


def _listed(folder: str) -> "list[str]":
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}") from None


def _read(path: str, is_required: bool) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        # Those of a session can vanish at any time.
        if not is_required:
            return b""
        raise ConfigError(f"{path}: {error.strerror}") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
