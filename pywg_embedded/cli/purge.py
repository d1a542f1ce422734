"""``pywg purge``: removal of an interface of OpenWrt with its keys."""

import os

from ..control import timestamp_file
from ..control.text import located, quote
from ..core.errors import ConfigError
from ..openwrt import key_removal, key_store, uci_edit, uci_store
from . import client

USAGE = "{ INTERFACE | --unused }"


def purge(words: list[str]) -> int:
    """Remove an interface of OpenWrt, and erase its keys and timestamp."""
    (name,) = words
    if name == "--unused":
        _print_erased(key_removal.remove_unused())
        return 0
    if name.startswith("-"):
        raise ConfigError(f"unknown option {quote(name)}; see 'pywg purge --help'")
    if name in client.interfaces():
        raise ConfigError(f"interface {name} is up; stop it first: ifdown {name}")
    _purge_interface(name)
    return 0


def _purge_interface(name: str) -> None:
    path = uci_store.network_path()
    text = uci_store.read_text(path)
    try:
        new, changes, keys = uci_edit.remove_interface(text, name)
    except ConfigError as error:
        raise located(path, error) from None
    used = key_removal.names_in_use([new], without=path)
    # If the configuration cannot be written, the same command completes the removal.
    _print_erased(key_removal.remove(keys - used))
    stamp = timestamp_file.path(os.path.dirname(key_store.directory()), name)
    if key_removal.remove_file(stamp):
        _print_erased([stamp])
    for key in sorted(keys & used):
        print(f"kept {key_store.directory()}/{key}, which is also used elsewhere")
    uci_store.replace_text(path, new)
    for change in changes:
        print(f"{path}: {change}")
    print("to apply the change, run: /etc/init.d/network reload")


def _print_erased(paths: list[str]) -> None:
    for path in paths:
        print(f"erased {path}")
