"""The cross-platform userspace interface: the text that ``wg`` speaks to a daemon.

A request is ``get=1`` or ``set=1`` and ``key=value`` lines, ended by a blank line; the
answer ends with ``errno=N`` and a blank line, N negative on an error. Each key stands
once, in the tables below, which serve the daemon and the control tool alike.
"""

from ..core.config import (
    ZERO_KEY,
    InterfaceChange,
    InterfaceStatus,
    PeerChange,
    PeerStatus,
)
from ..core.errors import EPROTO, ConfigError, Error, LimitError
from . import keys
from .address import (
    format_allowed_ip,
    format_endpoint,
    format_ip,
    parse_allowed_ip,
    parse_endpoint,
    parse_port,
)
from .text import located, parse_number, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from .address import ScopeOf

    # Key, attribute of the object, text to value, value to text.
    Field = tuple[str, str, Callable[[str], Any], Callable[[Any], str]]
    Table = dict[str, Field]
    Request = str | InterfaceChange | ConfigError

GET = "get"
MAX_LINE = 256
MAX_U32 = 2**32 - 1
MAX_U64 = 2**64 - 1


def _parse_true(text: str) -> bool:
    if text != "true":
        raise ConfigError(f"{quote(text)} is not 'true'")
    return True


def _parse_version(text: str) -> int:
    if text != "1":
        raise ConfigError(f"version {quote(text)} is not supported, only 1 is")
    return 1


def _parse_u16(text: str) -> int:
    return parse_number(text, 0xFFFF)


def _parse_u32(text: str) -> int:
    return parse_number(text, MAX_U32)


def _parse_u64(text: str) -> int:
    return parse_number(text, MAX_U64)


def _parse_name(text: str) -> str:
    if not text or text.strip("abcdefghijklmnopqrstuvwxyz"):
        raise ConfigError(f"{quote(text)} is not a name")
    return text


def _flag(key: str) -> "Field":
    return key, key, _parse_true, lambda value: "true"


def _peer_fields(scope_of: "ScopeOf | None") -> "tuple[Field, ...]":
    def endpoint(text: str) -> "tuple[bytes, int, int]":
        return parse_endpoint(text, scope_of)

    keepalive = "persistent_keepalive"
    return (
        ("preshared_key", "preshared_key", keys.from_hex, keys.to_hex),
        ("endpoint", "endpoint", endpoint, format_endpoint),
        ("persistent_keepalive_interval", keepalive, _parse_u16, str),
    )


_INTERFACE = (
    ("private_key", "private_key", keys.from_hex, keys.to_hex),
    ("listen_port", "listen_port", parse_port, str),
    ("fwmark", "fwmark", _parse_u32, str),
)
# Ours alone, and only told: wg(8) passes over keys that it does not know.
_EXTENSIONS = (("dataplane", "dataplane", _parse_name, str),)
_PEER = _peer_fields(None)
_COUNTERS = (
    ("tx_bytes", "tx_bytes", _parse_u64, str),
    ("rx_bytes", "rx_bytes", _parse_u64, str),
)
_REPLACE_PEERS = (_flag("replace_peers"),)
_PEER_FLAGS = (_flag("remove"), _flag("update_only"))
_REPLACE_ALLOWED_IPS = (_flag("replace_allowed_ips"),)
_HANDSHAKE_KEYS = ("last_handshake_time_sec", "last_handshake_time_nsec")
_LETTERS = "abcdefghijklmnopqrstuvwxyz_"
# Those of most lines, which need not be looked at letter by letter.
_KEYS = ("allowed_ip", "public_key")


def _table(fields: "tuple[Field, ...]") -> "Table":
    return {field[0]: field for field in fields}


def _assign(target: object, table: "Table", key: str, value: str) -> None:
    if key == "protocol_version":
        _parse_version(value)
        return
    if key not in table:
        raise ConfigError("unknown key here")
    _, attribute, parse, _ = table[key]
    setattr(target, attribute, parse(value))


def _is_present(value: object) -> bool:
    return value is not None and value is not False


def _is_set(value: object) -> bool:
    return value not in (0, "", ZERO_KEY)


def _lines(
    source: object,
    fields: "tuple[Field, ...]",
    is_included: "Callable[[object], bool]" = _is_present,
) -> "Iterator[str]":
    for key, attribute, _, to_text in fields:
        value = getattr(source, attribute)
        if is_included(value):
            yield f"{key}={to_text(value)}\n"


def _split(line: str) -> "tuple[str, str]":
    key, equals, value = line.partition("=")
    if not equals:
        # Not quoted: it may hold a key, and end up in a log.
        raise ConfigError("there is no '='", EPROTO)
    if key not in _KEYS and (not key or key.strip(_LETTERS)):
        raise ConfigError("what stands before '=' is not a key")
    return key, value


def _decode(line: bytes) -> str:
    if len(line) > MAX_LINE:
        raise ConfigError(f"longer than {MAX_LINE} bytes")
    try:
        return line.decode()
    except UnicodeError:
        raise ConfigError("not UTF-8 text") from None


class Reader:
    """The daemon's side of one connection: bytes in, requests out.

    A request is ``GET``, an ``InterfaceChange``, or the ``ConfigError`` to answer it
    with. What one request may hold is bounded: each table can be emptied and filled
    once.
    """

    def __init__(
        self,
        max_peers: int,
        max_allowed_ips: int,
        scope_of: "ScopeOf | None" = None,
    ) -> None:
        self._max_peers = max_peers
        self._max_allowed_ips = max_allowed_ips
        self._interface_table = _table(_INTERFACE + _REPLACE_PEERS)
        self._peer_table = _table(
            _PEER_FLAGS + _peer_fields(scope_of) + _REPLACE_ALLOWED_IPS
        )
        self._partial = b""
        self._reset()

    def _reset(self) -> None:
        self._line_number = 0
        self._request: Request | None = None
        self._refused = False
        self._change = InterfaceChange()
        self._peer = PeerChange(ZERO_KEY)
        self._allowed_ips = 0
        self._consume = self._parse_operation

    def feed(self, data: bytes) -> "Iterator[Request]":
        """The requests that ``data`` completes; exhaust it before the next call."""
        lines = (self._partial + data).split(b"\n")
        # One byte over the maximum is kept: it shows that the line is too long.
        self._partial = lines.pop()[: MAX_LINE + 1]
        for line in lines:
            if line:
                self._parse_line(line)
            else:
                yield from self._complete_request()

    def end(self) -> "Iterator[Request]":
        """The request that the end of the connection completes, if any."""
        partial, self._partial = self._partial, b""
        if partial:
            self._parse_line(partial, complete=False)
        yield from self._complete_request()

    def _complete_request(self) -> "Iterator[Request]":
        request = self._request
        self._reset()
        if request is not None:
            yield request

    def _parse_line(self, line: bytes, complete: bool = True) -> None:
        self._line_number += 1
        if self._refused:
            return
        key = ""
        try:
            # What is cut short may read as something else: 10.0.0.0/2 of /24.
            if not complete:
                raise ConfigError("the connection ended inside the line")
            key, value = _split(_decode(line))
            self._consume(key, value)
        except ConfigError as error:
            place = f"line {self._line_number}"
            self._request = located(f"{place}: {key}" if key else place, error)
            self._refused = True

    def _parse_operation(self, key: str, value: str) -> None:
        if key not in ("get", "set"):
            raise ConfigError("a request begins with get=1 or set=1")
        _parse_version(value)
        self._request = GET if key == "get" else self._change
        self._consume = (
            self._reject_line if key == "get" else self._parse_interface_line
        )

    def _reject_line(self, key: str, value: str) -> None:
        raise ConfigError("get=1 has no further lines")

    def _parse_interface_line(self, key: str, value: str) -> None:
        if key == "public_key":
            self._begin_peer(value)
        else:
            _assign(self._change, self._interface_table, key, value)

    def _begin_peer(self, value: str) -> None:
        self._append_peer(keys.from_hex(value))
        self._consume = self._parse_peer_line

    def _append_peer(self, public_key: bytes) -> None:
        if len(self._change.peers) >= 2 * self._max_peers:
            raise _too_many("peers", self._max_peers, "--max-peers")
        self._peer = PeerChange(public_key)
        self._change.peers.append(self._peer)

    def _parse_peer_line(self, key: str, value: str) -> None:
        if key == "allowed_ip":
            self._parse_allowed_ip(value)
        elif key == "public_key":
            self._begin_peer(value)
        else:
            _assign(self._peer, self._peer_table, key, value)

    def _parse_allowed_ip(self, value: str) -> None:
        if self._allowed_ips >= 2 * self._max_allowed_ips:
            raise _too_many("allowed IPs", self._max_allowed_ips, "--max-allowed-ips")
        self._allowed_ips += 1
        first = value[:1]
        text = value[1:] if first == "-" or first == "+" else value
        allowed_ip = parse_allowed_ip(text)
        if first == "-" and self._peer.allowed_ips.get(allowed_ip):
            # It is taken from whoever has it before it is given up.
            before = self._peer
            self._append_peer(before.public_key)
            self._peer.remove = before.remove
            self._peer.update_only = before.update_only
        self._peer.allowed_ips[allowed_ip] = first != "-"


def _too_many(items: str, maximum: int, option: str) -> LimitError:
    return LimitError(
        f"more than {2 * maximum} {items} in one request, twice {option} {maximum}"
    )


def format_answer(error: Error | None = None) -> str:
    """The end of every answer, and all of the answer to ``set=1``."""
    # wg(8) negates the number before it looks for its name.
    return f"errno={-error.errno if error else 0}\n\n"


def format_status(status: InterfaceStatus) -> "Iterator[str]":
    """The answer to ``get=1``, a line at a time; what is unset is left out."""
    yield from _lines(status, _INTERFACE + _EXTENSIONS, _is_set)
    for peer in status.peers:
        yield from _peer_status(peer)
    yield format_answer()


def _peer_status(peer: PeerStatus) -> "Iterator[str]":
    yield f"public_key={keys.to_hex(peer.public_key)}\n"
    yield "protocol_version=1\n"
    yield from _lines(peer, _PEER)
    for key, value in zip(_HANDSHAKE_KEYS, peer.last_handshake):
        yield f"{key}={value}\n"
    yield from _lines(peer, _COUNTERS)
    for address, cidr in peer.allowed_ips:
        yield f"allowed_ip={format_ip(address)}/{cidr}\n"


def format_change(change: InterfaceChange) -> "Iterator[str]":
    """``change`` as a ``set=1`` request, a line at a time."""
    yield "set=1\n"
    yield from _lines(change, _INTERFACE + _REPLACE_PEERS)
    for peer in change.peers:
        yield f"public_key={keys.to_hex(peer.public_key)}\n"
        yield from _lines(peer, _PEER_FLAGS + _PEER + _REPLACE_ALLOWED_IPS)
        for allowed_ip, add in peer.allowed_ips.items():
            yield f"allowed_ip={'' if add else '-'}{format_allowed_ip(allowed_ip)}\n"
    yield "\n"


class Refused(Error):
    """The daemon's answer is an error; ``errno`` says which."""

    def __init__(self, errno: int) -> None:
        super().__init__(f"the daemon answered errno={-errno}")
        self.errno = errno


def read_answer(lines: "Iterable[str]") -> "Iterator[tuple[str, str, str]]":
    """Place, key and value of each line before ``errno=0``.

    ``lines`` end with a newline or not. Any other errno is raised as Refused.
    """
    for line_number, line in enumerate(lines, 1):
        place = f"line {line_number} of the answer"
        try:
            key, value = _split(line.rstrip("\n"))
            errno = _parse_errno(value) if key == "errno" else None
        except ConfigError as error:
            raise located(place, error) from None
        if errno:
            raise Refused(errno)
        if errno == 0:
            return
        yield place, key, value
    raise ConfigError("the connection ended inside the answer", EPROTO)


def _parse_errno(text: str) -> int:
    # Some daemons answer with positive numbers.
    return parse_number(text[1:] if text[:1] == "-" else text, 4095)


def read_status(
    lines: "Iterable[str]", scope_of: "ScopeOf | None" = None
) -> InterfaceStatus:
    """The status in an answer to ``get=1``; raises ConfigError with the line."""
    status = InterfaceStatus()
    peer_fields = _peer_fields(scope_of) + _COUNTERS
    tables = _table(_INTERFACE + _EXTENSIONS), _table(peer_fields)
    for place, key, value in read_answer(lines):
        try:
            _status_line(status, tables, key, value)
        except ConfigError as error:
            raise located(f"{place}: {key}", error) from None
    return status


def _status_line(
    status: InterfaceStatus, tables: "tuple[Table, Table]", key: str, value: str
) -> None:
    if key == "public_key":
        status.peers.append(PeerStatus(keys.from_hex(value)))
    elif not status.peers:
        _assign(status, tables[0], key, value)
    else:
        _peer_status_line(status.peers[-1], tables[1], key, value)


def _peer_status_line(peer: PeerStatus, table: "Table", key: str, value: str) -> None:
    if key == "allowed_ip":
        peer.allowed_ips.append(parse_allowed_ip(value))
    elif key in _HANDSHAKE_KEYS:
        seconds, nanoseconds = peer.last_handshake
        parsed = _parse_u64(value)
        first = key == _HANDSHAKE_KEYS[0]
        peer.last_handshake = (parsed, nanoseconds) if first else (seconds, parsed)
    else:
        _assign(peer, table, key, value)
