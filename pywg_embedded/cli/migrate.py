"""``pywg migrate``: conversion between the protocols ``wireguard`` and ``pywg``."""

import time
from collections.abc import Iterator

from ..control import timestamp_file
from ..control.text import located, quote
from ..core.errors import ConfigError
from ..openwrt import uci_edit, uci_store
from ..openwrt.uci import parse
from ..openwrt.uci_network import INTERFACE_REFUSED, read_interface

# Seconds; less than starting the interface and the first handshake take.
_ALLOWED_AHEAD = 2
USAGE = "[--back] [--config FILE] INTERFACE"


class _Words:
    def __init__(self, words: list[str]) -> None:
        self.back = False
        self.path = uci_store.network_path()
        names = list(self._read(iter(words)))
        if len(names) != 1:
            raise ConfigError(f"usage: pywg migrate {USAGE}")
        self.name = names[0]

    def _read(self, words: Iterator[str]) -> Iterator[str]:
        for word in words:
            if word == "--back":
                self.back = True
            elif word == "--config":
                self.path = next(words, "")
            elif word.startswith("-"):
                raise ConfigError(
                    f"unknown option {quote(word)}; see 'pywg migrate --help'"
                )
            else:
                yield word


def migrate(arguments: list[str]) -> int:
    """Convert an interface of OpenWrt from protocol wireguard to pywg, or back."""
    words = _Words(arguments)
    text = uci_store.read_text(words.path)
    try:
        new, changes = uci_edit.change_protocol(text, words.name, stock=words.back)
    except ConfigError as error:
        raise located(words.path, error) from None
    complaints = read_interface(parse(new), words.name)[1]
    uci_store.replace_text(words.path, new)
    for change in changes:
        print(f"{words.path}: {change}")
    for complaint in complaints:
        print(complaint)
    refused = any(complaint.severity == INTERFACE_REFUSED for complaint in complaints)
    if words.back:
        _warn_of_timestamps(words.name)
    print(
        "correct the errors, then run:" if refused else "to start it, run:",
        f"ifup {words.name}",
    )
    return 0


def _warn_of_timestamps(name: str) -> None:
    """Print for how long the peers will reject the kernel's handshakes, if they will.

    The kernel's timestamps are the clock, without the file of those before.
    """
    path = timestamp_file.path(timestamp_file.FOLDER, name)
    try:
        with open(path, "rb") as file:
            stored = timestamp_file.parse(file.read(timestamp_file.MAX_SIZE))
    except (OSError, ValueError):
        return
    ahead = (stored.used - time.time_ns()) // 1_000_000_000
    if ahead > _ALLOWED_AHEAD:
        print(
            f"warning: the clock is {ahead} s behind the last handshake timestamp; "
            f"peers will reject handshakes of protocol wireguard until it passes that"
        )
