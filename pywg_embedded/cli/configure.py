"""``pywg set``, ``setconf``, ``addconf`` and ``syncconf``: changes of an interface."""

import sys

from ..control import wgconf
from ..control.address import parse_port, split_endpoint
from ..control.diff import diff
from ..control.keys import from_base64
from ..control.text import located, looks_like_key, quote
from ..control.wgconf import add_allowed_ips, parse_fwmark, parse_keepalive, setter
from ..core.config import ZERO_KEY, InterfaceChange, PeerChange
from ..core.errors import ConfigError
from . import client
from .resolve import resolve
from .show_format import is_incomplete

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..core.config import EndpointTuple

MAX_KEY_FILE = 4096


def _read_key(path: str) -> bytes:
    """Return the key in a file; an empty file stands for no key."""
    try:
        with open(path, encoding="ascii") as file:
            text = file.read(MAX_KEY_FILE).strip()
        return from_base64(text) if text else ZERO_KEY
    except OSError as error:
        if looks_like_key(path):
            raise ConfigError(
                "expected a file that contains the key, not the key itself"
            ) from None
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeError:
        raise ConfigError(f"{path}: invalid key: not base64") from None
    except ConfigError as error:
        raise located(path, error) from None


def _parse_endpoint(text: str) -> "EndpointTuple":
    return resolve(*split_endpoint(text))


def _add_allowed_ips(peer: PeerChange, text: str) -> None:
    add_allowed_ips(peer, "".join(text.split()))


INTERFACE_WORDS = {
    "listen-port": setter("listen_port", parse_port),
    "fwmark": setter("fwmark", parse_fwmark),
    "private-key": setter("private_key", _read_key),
}
PEER_WORDS = {
    "preshared-key": setter("preshared_key", _read_key),
    "endpoint": setter("endpoint", _parse_endpoint),
    "persistent-keepalive": setter("persistent_keepalive", parse_keepalive),
    "allowed-ips": _add_allowed_ips,
}


def set_(words: list[str]) -> int:
    """Change the named settings of an interface or peer."""
    client.change(words[0], parse_words(words[1:]))
    return 0


def setconf(words: list[str]) -> int:
    """Replace the configuration by a file's."""
    client.change(words[0], _read_file(words[1]))
    if is_incomplete(client.get(words[0])):
        print(
            f"pywg: {words[0]}: too many peers or allowed IPs; "
            f"'pywg show {words[0]}' names what was left out, "
            f"'pywg limits {words[0]}' the options that raise the limits",
            file=sys.stderr,
        )
    return 0


def addconf(words: list[str]) -> int:
    """Add the settings and peers of a file to the configuration."""
    client.change(words[0], _read_file(words[1], append=True))
    return 0


def syncconf(words: list[str]) -> int:
    """Replace the configuration by a file's, changing only the differences."""
    wanted = _read_file(words[1])
    client.change(words[0], diff(client.get(words[0]), wanted))
    return 0


def parse_words(words: list[str]) -> InterfaceChange:
    """Return the change that the arguments of ``set`` after INTERFACE describe."""
    change = InterfaceChange()
    rest = iter(words)
    for word in rest:
        if word == "remove" and change.peers:
            change.peers[-1].remove = True
            continue
        _check_word(word, change)
        value = next(rest, None)
        if value is None:
            raise ConfigError(f"missing value for {quote(word)}")
        try:
            _set_word(change, word, value)
        except ConfigError as error:
            raise located(word, error) from None
    return change


def _check_word(word: str, change: InterfaceChange) -> None:
    if word == "peer" or word in (PEER_WORDS if change.peers else INTERFACE_WORDS):
        return
    if word in INTERFACE_WORDS:
        raise ConfigError(f"{quote(word)} must precede the first peer")
    if word in PEER_WORDS or word == "remove":
        raise ConfigError(f"{quote(word)} must follow a peer")
    raise ConfigError(f"unknown argument {quote(word)}; see 'pywg set --help'")


def _set_word(change: InterfaceChange, word: str, value: str) -> None:
    if word == "peer":
        change.peers.append(PeerChange(from_base64(value)))
    elif change.peers:
        PEER_WORDS[word](change.peers[-1], value)
    else:
        INTERFACE_WORDS[word](change, value)


def _read_file(path: str, append: bool = False) -> InterfaceChange:
    try:
        # A comment may be in any encoding; keys and addresses are ASCII.
        with open(path, encoding="utf-8", errors="replace") as file:
            return wgconf.parse(file, path, resolve, append)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
