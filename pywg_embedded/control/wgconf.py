"""The configuration file format of wg(8).

``[Interface]`` and ``[Peer]`` headings, ``Key = value`` lines, ``#`` comments; the case
of keys and headings, and spaces, do not matter. The tables below list all options.
"""

from ..core.config import (
    ZERO_KEY,
    InterfaceChange,
    InterfaceStatus,
    PeerChange,
    PeerStatus,
)
from ..core.errors import ConfigError
from . import keys
from .address import (
    format_allowed_ip,
    format_endpoint,
    numeric_endpoint,
    parse_allowed_ip,
    parse_port,
    split_endpoint,
)
from .text import located, parse_number, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from ..core.config import EndpointTuple

    Resolve = Callable[[str, int], EndpointTuple]
    FormatEndpoint = Callable[[EndpointTuple], str]
    Setter = Callable[[Any, str], None]
    Options = tuple[tuple[str, Setter], ...]

WG_QUICK_OPTIONS = (
    "Address",
    "DNS",
    "MTU",
    "Table",
    "PreUp",
    "PostUp",
    "PreDown",
    "PostDown",
    "SaveConfig",
)


def parse_fwmark(text: str) -> int:
    """Parse a 32-bit mark, decimal or hexadecimal with ``0x``; ``off`` is 0.

    Raises ConfigError.
    """
    if text.lower() == "off":
        return 0
    digits = text[2:].lower()
    if text[:2].lower() != "0x":
        return parse_number(text, 0xFFFFFFFF)
    if not digits or len(digits) > 8 or digits.strip("0123456789abcdef"):
        raise ConfigError(f"invalid mark {quote(text)} (expected 0x0 to 0xffffffff)")
    return int(digits, 16)


def parse_keepalive(text: str) -> int:
    """Parse the interval of persistent keepalives in seconds; ``off`` is 0.

    Raises ConfigError.
    """
    return 0 if text.lower() == "off" else parse_number(text, 0xFFFF)


def add_allowed_ips(peer: PeerChange, text: str) -> None:
    """Add a comma-separated list of allowed IPs to a peer change.

    The list replaces the allowed IPs of the peer, unless an entry begins with + or -.
    Raises ConfigError.
    """
    peer.replace_allowed_ips = True
    for entry in text.split(",") if text else ():
        sign = entry[:1] if entry[:1] in ("+", "-") else ""
        if sign:
            peer.replace_allowed_ips = False
        peer.allowed_ips[parse_allowed_ip(entry[len(sign) :])] = sign != "-"


def setter(attribute: str, parse: "Callable[[str], Any]") -> "Setter":
    """Return a function that sets an attribute of an object from text."""
    return lambda target, text: setattr(target, attribute, parse(text))


def peer_options(resolve: "Resolve") -> "Options":
    """Return the options of ``[Peer]``; see ``parse`` for ``resolve``."""
    return (
        ("PublicKey", setter("public_key", keys.from_base64)),
        ("PresharedKey", setter("preshared_key", keys.from_base64)),
        ("AllowedIPs", add_allowed_ips),
        ("Endpoint", setter("endpoint", lambda text: resolve(*split_endpoint(text)))),
        ("PersistentKeepalive", setter("persistent_keepalive", parse_keepalive)),
    )


INTERFACE_OPTIONS: "Options" = (
    ("PrivateKey", setter("private_key", keys.from_base64)),
    ("ListenPort", setter("listen_port", parse_port)),
    ("FwMark", setter("fwmark", parse_fwmark)),
)
PEER_OPTIONS: "Options" = peer_options(numeric_endpoint)


def parse(
    lines: "Iterable[str]",
    name: str,
    resolve: "Resolve" = numeric_endpoint,
    append: bool = False,
) -> InterfaceChange:
    """Return the change that configures an interface as in the file ``name``.

    By default the change also resets every value that the file lacks; with ``append``
    it does not. ``resolve(host, port)`` returns an endpoint or raises ConfigError; the
    default accepts addresses only. Raises ConfigError, its message begins with
    ``name:line``.
    """
    parser = _Parser(name, resolve, append)
    for line in lines:
        parser.parse_line(line)
    parser.check_peers()
    return parser.change


class _Parser:
    def __init__(self, name: str, resolve: "Resolve", append: bool) -> None:
        self._name = name
        self._line_number = 0
        self._headings: list[int] = []
        self._section = ""
        self._target: InterfaceChange | PeerChange = InterfaceChange()
        self._options: Options = ()
        self._peer_options = peer_options(resolve)
        self.change = InterfaceChange()
        if not append:
            self.change.replace_peers = True
            self.change.private_key = ZERO_KEY
            self.change.listen_port = 0
            self.change.fwmark = 0

    def parse_line(self, line: str) -> None:
        self._line_number += 1
        text = "".join(line.split("#")[0].split())
        try:
            if text.lower() in ("[interface]", "[peer]"):
                self._parse_heading(text.lower())
            elif text:
                self._parse_option(text)
        except ConfigError as error:
            raise located(f"{self._name}:{self._line_number}", error) from None

    def check_peers(self) -> None:
        for line_number, peer in zip(self._headings, self.change.peers):
            if peer.public_key == ZERO_KEY:
                raise ConfigError(
                    f"{self._name}:{line_number}: [Peer] without PublicKey"
                )

    def _parse_heading(self, heading: str) -> None:
        if heading == "[interface]":
            self._section = "[Interface]"
            self._target, self._options = self.change, INTERFACE_OPTIONS
            return
        peer = PeerChange(ZERO_KEY)
        peer.replace_allowed_ips = True
        self._section = "[Peer]"
        self._target, self._options = peer, self._peer_options
        self._headings.append(self._line_number)
        self.change.peers.append(peer)

    def _parse_option(self, text: str) -> None:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(
                f"invalid line {quote(text)} "
                "(expected [Interface], [Peer] or KEY = VALUE)"
            )
        for option, set_option in self._options:
            if option.lower() == key.lower():
                _located_set(option, set_option, self._target, value)
                return
        raise ConfigError(self._explain_unknown(key))

    def _explain_unknown(self, key: str) -> str:
        for option in WG_QUICK_OPTIONS:
            if option.lower() == key.lower():
                return f"{option} is an option of wg-quick(8), not of wg(8)"
        if not self._section:
            return f"option {quote(key)} before [Interface] or [Peer]"
        return f"unknown option {quote(key)} of {self._section}"


def _located_set(option: str, set_option: "Setter", target: object, text: str) -> None:
    try:
        set_option(target, text)
    except ConfigError as error:
        raise located(option, error) from None


def format_status(
    status: InterfaceStatus, format_endpoint: "FormatEndpoint" = format_endpoint
) -> "Iterator[str]":
    """Yield the lines of a file that ``parse`` reads back as this configuration."""
    yield "[Interface]\n"
    if status.listen_port:
        yield f"ListenPort = {status.listen_port}\n"
    if status.fwmark:
        yield f"FwMark = 0x{status.fwmark:x}\n"
    if status.private_key != ZERO_KEY:
        yield f"PrivateKey = {keys.to_base64(status.private_key)}\n"
    yield "\n"
    for index, peer in enumerate(status.peers):
        if index:
            yield "\n"
        yield from _format_peer(peer, format_endpoint)


def _format_peer(
    peer: PeerStatus, format_endpoint: "FormatEndpoint"
) -> "Iterator[str]":
    yield f"[Peer]\nPublicKey = {keys.to_base64(peer.public_key)}\n"
    if peer.preshared_key != ZERO_KEY:
        yield f"PresharedKey = {keys.to_base64(peer.preshared_key)}\n"
    if peer.allowed_ips:
        allowed_ips = ", ".join(format_allowed_ip(entry) for entry in peer.allowed_ips)
        yield f"AllowedIPs = {allowed_ips}\n"
    if peer.endpoint:
        yield f"Endpoint = {format_endpoint(peer.endpoint)}\n"
    if peer.persistent_keepalive:
        yield f"PersistentKeepalive = {peer.persistent_keepalive}\n"
