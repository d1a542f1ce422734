"""UAPI, the cross-platform userspace interface: the protocol of ``wg`` and a daemon.

A request is ``get=1`` or ``set=1`` and ``key=value`` lines, ended by a blank line; the
answer ends with ``errno=N`` and a blank line, N negative on an error. The tables below
list every key once, for the daemon and the control tool.
"""

from ..core.config import (
    ZERO_KEY,
    InterfaceChange,
    InterfaceStatus,
    PeerChange,
    PeerStatus,
)
from ..core.errors import EPROTO, ConfigError, Error, LimitError
from ..core.secret import wipe
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

    from ..core.crypto import Bytes
    from .address import ScopeOf

    # Key, attribute of the object, text to value, value to text.
    Field = tuple[str, str, Callable[[Any], Any], Callable[[Any], str]]
    Table = dict[str, Field]
    Request = str | InterfaceChange | ConfigError
    # The value of a line: a bytearray if it is a secret.
    Text = str | bytearray

GET = "get"
MAX_LINE = 256
MAX_U32 = 2**32 - 1
MAX_U64 = 2**64 - 1


def _parse_true(text: str) -> bool:
    if text != "true":
        raise ConfigError(f"invalid value {quote(text)} (expected true)")
    return True


def _parse_version(text: str) -> int:
    if text != "1":
        raise ConfigError(f"unsupported version {quote(text)} (expected 1)")
    return 1


def _parse_u16(text: str) -> int:
    return parse_number(text, 0xFFFF)


def _parse_u32(text: str) -> int:
    return parse_number(text, MAX_U32)


def _parse_u64(text: str) -> int:
    return parse_number(text, MAX_U64)


def _parse_name(text: str) -> str:
    if not text or text.strip("abcdefghijklmnopqrstuvwxyz"):
        raise ConfigError(f"invalid name {quote(text)} (expected letters a to z)")
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
# Extensions of get=1; wg(8) ignores keys that it does not know.
_EXTENSIONS = (
    ("dataplane", "dataplane", _parse_name, str),
    ("max_peers", "max_peers", _parse_u32, str),
    ("max_allowed_ips", "max_allowed_ips", _parse_u32, str),
)
_PEER_LEFT_OUT = "peer_left_out"
_PEER_EXTENSIONS = (("allowed_ips_left_out", "allowed_ips_left_out", _parse_u32, str),)
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
# Their values are parsed and written without text that cannot be overwritten.
_SECRETS = ("private_key", "preshared_key")
# The keys of most lines, which skip the check of each letter.
_KEYS = ("allowed_ip", "public_key")


def _table(fields: "tuple[Field, ...]") -> "Table":
    return {field[0]: field for field in fields}


def _assign(target: object, table: "Table", key: str, value: "Text") -> None:
    if key == "protocol_version":
        _parse_version(str(value))
        return
    if key not in table:
        raise ConfigError("unknown key")
    _, attribute, parse, _ = table[key]
    if isinstance(value, bytearray):
        old = getattr(target, attribute)
        if isinstance(old, bytearray):
            wipe(old)
        parse = keys.secret_from_hex
    setattr(target, attribute, parse(value))


def _is_present(value: object) -> bool:
    return value is not None and value is not False


def _is_set(value: object) -> bool:
    return value not in (0, "", ZERO_KEY)


def _lines(source: object, fields: "tuple[Field, ...]") -> "Iterator[str]":
    for key, attribute, _, to_text in fields:
        value = getattr(source, attribute)
        if _is_present(value):
            yield f"{key}={to_text(value)}\n"


def _split_secret(line: bytearray) -> "tuple[str, bytearray] | None":
    """Return key and value of a line with a secret, None for any other line."""
    for key in _SECRETS:
        end = len(key)
        if line[:end] == key.encode() and line[end : end + 1] == b"=":
            return key, line[end + 1 :]
    return None


def _split(line: str) -> "tuple[str, str]":
    key, equals, value = line.partition("=")
    if not equals:
        # Not quoted: the line may contain a key, and messages are logged.
        raise ConfigError("invalid line (expected key=value)", EPROTO)
    if key not in _KEYS and (not key or key.strip(_LETTERS)):
        raise ConfigError("invalid key (expected letters a to z and _)")
    return key, value


def _decode(line: bytearray) -> str:
    try:
        return line.decode()
    except UnicodeError:
        raise ConfigError("invalid text (expected UTF-8)") from None


class Reader:
    """The parser of the requests of one connection.

    A request is ``GET``, an ``InterfaceChange``, or the ``ConfigError`` to answer it
    with. The size of a request is limited: it can empty and fill each table once. Of a
    request that replaces all peers, what exceeds that is counted and not read; any
    other request is rejected.
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
        # The received data that is not parsed yet, and where it begins.
        self._buffer = bytearray()
        self._start = 0
        self._reset()

    def _reset(self) -> None:
        self._line_number = 0
        self._request: Request | None = None
        self._refused = False
        self._change = InterfaceChange()
        self._peer = PeerChange(ZERO_KEY)
        self._allowed_ips = 0
        self._is_omitted = False
        self._consume = self._parse_operation

    def feed(self, data: "bytes | bytearray | memoryview") -> "Iterator[Request]":
        """Return an iterator of the requests that ``data`` completes.

        ``data`` is copied. Exhaust the iterator before the next call. The secrets of a
        request are bytearrays, which the caller overwrites.
        """
        # One byte over the limit is kept, which shows that the line is too long.
        unparsed = min(len(self._buffer) - self._start, MAX_LINE + 1)
        buffer = bytearray(unparsed + len(data))
        view = memoryview(buffer)
        view[:unparsed] = memoryview(self._buffer)[self._start :][:unparsed]
        view[unparsed:] = data
        wipe(self._buffer)
        self._buffer, self._start = buffer, 0
        return self._parse_lines()

    def _parse_lines(self) -> "Iterator[Request]":
        buffer = self._buffer
        while (end := buffer.find(b"\n", self._start)) >= 0:
            start, self._start = self._start, end + 1
            if end > start:
                self._parse_line(buffer[start:end])
            else:
                yield from self._complete_request()

    def end(self) -> "Iterator[Request]":
        """Yield the request that the end of the connection completes, if any."""
        if self._start < len(self._buffer):
            self._parse_line(bytearray(), complete=False)
        self._wipe_buffer()
        yield from self._complete_request()

    def wipe(self) -> None:
        """Overwrite what was received, and the secrets of an incomplete request."""
        self._wipe_buffer()
        self._change.wipe_secrets()

    def _wipe_buffer(self) -> None:
        wipe(self._buffer)
        self._buffer, self._start = bytearray(), 0

    def _complete_request(self) -> "Iterator[Request]":
        request = self._request
        if self._refused:
            self._change.wipe_secrets()
        self._reset()
        if request is not None:
            yield request

    def _parse_line(self, line: bytearray, complete: bool = True) -> None:
        self._line_number += 1
        if self._refused:
            return
        key = ""
        value: Text
        try:
            # A truncated line may be valid: 10.0.0.0/2 of 10.0.0.0/24.
            if not complete:
                raise ConfigError("connection closed before the end of the line")
            if len(line) > MAX_LINE:
                raise ConfigError(f"line too long (limit {MAX_LINE} bytes)")
            key, value = _split_secret(line) or _split(_decode(line))
            self._consume(key, value)
            if isinstance(value, bytearray):
                wipe(value)
                wipe(line)
        except ConfigError as error:
            place = f"line {self._line_number}"
            self._request = located(f"{place}: {key}" if key else place, error)
            self._refused = True

    def _parse_operation(self, key: str, value: "Text") -> None:
        if key not in ("get", "set"):
            raise ConfigError("invalid request (expected get=1 or set=1 first)")
        _parse_version(str(value))
        self._request = GET if key == "get" else self._change
        self._consume = (
            self._reject_line if key == "get" else self._parse_interface_line
        )

    def _reject_line(self, key: str, value: "Text") -> None:
        raise ConfigError("unexpected line after get=1")

    def _parse_interface_line(self, key: str, value: "Text") -> None:
        if key == "public_key":
            self._begin_peer(str(value))
        else:
            _assign(self._change, self._interface_table, key, value)

    def _begin_peer(self, value: str) -> None:
        self._append_peer(keys.from_hex(value))
        self._consume = self._parse_peer_line

    def _append_peer(self, public_key: bytes) -> None:
        self._peer = PeerChange(public_key)
        self._is_omitted = len(self._change.peers) >= 2 * self._max_peers
        if not self._is_omitted:
            self._change.peers.append(self._peer)
        elif self._change.replace_peers:
            self._change.peers_omitted += 1
        else:
            raise _too_many("peers", self._max_peers, "--max-peers")

    def _parse_peer_line(self, key: str, value: "Text") -> None:
        if key == "allowed_ip":
            self._parse_allowed_ip(str(value))
        elif key == "public_key":
            self._begin_peer(str(value))
        else:
            _assign(self._peer, self._peer_table, key, value)
        secret = self._peer.preshared_key
        if self._is_omitted and isinstance(secret, bytearray):
            wipe(secret)

    def _parse_allowed_ip(self, value: str) -> None:
        first = value[:1]
        text = value[1:] if first == "-" or first == "+" else value
        allowed_ip = parse_allowed_ip(text)
        if self._is_omitted:
            return
        if self._allowed_ips >= 2 * self._max_allowed_ips:
            if not self._change.replace_peers:
                raise _too_many(
                    "allowed IPs", self._max_allowed_ips, "--max-allowed-ips"
                )
            self._change.allowed_ips_omitted += 1
            return
        self._allowed_ips += 1
        if first == "-" and self._peer.allowed_ips.get(allowed_ip):
            # First take it from any other peer, then remove it from this one.
            before = self._peer
            self._append_peer(before.public_key)
            if self._is_omitted:
                return
            self._peer.remove = before.remove
            self._peer.update_only = before.update_only
        self._peer.allowed_ips[allowed_ip] = first != "-"


def _too_many(items: str, maximum: int, option: str) -> LimitError:
    return LimitError(
        f"too many {items} in one request "
        f"(limit {2 * maximum}, twice {option} {maximum})"
    )


def format_answer(error: Error | None = None) -> str:
    """Return the end of an answer, which is the whole answer to ``set=1``."""
    # wg(8) negates the number before it looks up its text.
    return f"errno={-error.errno if error else 0}\n\n"


def format_status(status: InterfaceStatus) -> "Iterator[bytearray]":
    """Yield the lines of the answer to ``get=1``, without unset values.

    They hold secrets: the caller overwrites them.
    """
    yield from _status_lines(status, _INTERFACE + _EXTENSIONS, _is_set)
    for public_key in status.peers_left_out:
        yield bytearray(f"{_PEER_LEFT_OUT}={keys.to_hex(public_key)}\n".encode())
    for peer in status.peers:
        yield from _format_peer(peer)
    yield bytearray(format_answer().encode())


def _format_peer(peer: PeerStatus) -> "Iterator[bytearray]":
    lines = f"public_key={keys.to_hex(peer.public_key)}\nprotocol_version=1\n"
    yield bytearray(lines.encode())
    yield from _status_lines(peer, _PEER)
    lines = ""
    for key, value in zip(_HANDSHAKE_KEYS, peer.last_handshake):
        lines += f"{key}={value}\n"
    lines += "".join(_lines(peer, _COUNTERS))
    yield bytearray(lines.encode())
    for address, cidr in peer.allowed_ips:
        yield bytearray(f"allowed_ip={format_ip(address)}/{cidr}\n".encode())
    yield from _status_lines(peer, _PEER_EXTENSIONS, _is_set)


def _status_lines(
    source: object,
    fields: "tuple[Field, ...]",
    is_included: "Callable[[object], bool]" = _is_present,
) -> "Iterator[bytearray]":
    for key, attribute, _, to_text in fields:
        value = getattr(source, attribute)
        if is_included(value):
            if key in _SECRETS:
                yield _secret_line(key, value)
            else:
                yield bytearray(f"{key}={to_text(value)}\n".encode())


def _secret_line(key: str, secret: "Bytes") -> bytearray:
    line = bytearray(f"{key}={'0' * keys.HEX_LENGTH}\n".encode())
    keys.write_hex(line, len(key) + 1, secret)
    return line


def format_change(change: InterfaceChange) -> "Iterator[str]":
    """Yield the lines of a ``set=1`` request."""
    yield "set=1\n"
    yield from _lines(change, _INTERFACE + _REPLACE_PEERS)
    for peer in change.peers:
        yield f"public_key={keys.to_hex(peer.public_key)}\n"
        yield from _lines(peer, _PEER_FLAGS + _PEER + _REPLACE_ALLOWED_IPS)
        for allowed_ip, add in peer.allowed_ips.items():
            yield f"allowed_ip={'' if add else '-'}{format_allowed_ip(allowed_ip)}\n"
    yield "\n"


class Refused(Error):
    """An error answer of the daemon, with its ``errno``."""

    def __init__(self, errno: int) -> None:
        super().__init__(f"request refused by the daemon: errno={-errno}")
        self.errno = errno


def read_answer(lines: "Iterable[str]") -> "Iterator[tuple[str, str, str]]":
    """Yield place, key and value of each line of an answer before ``errno=0``.

    ``lines`` may end with a newline. Raises Refused for any other errno, and
    ConfigError for a malformed answer.
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
    raise ConfigError("connection closed before the end of the answer", EPROTO)


def _parse_errno(text: str) -> int:
    # Some daemons send positive numbers.
    return parse_number(text[1:] if text[:1] == "-" else text, 4095)


def read_status(
    lines: "Iterable[str]", scope_of: "ScopeOf | None" = None
) -> InterfaceStatus:
    """Parse the answer to ``get=1``; raises ConfigError with the number of the line."""
    status = InterfaceStatus()
    peer_fields = _peer_fields(scope_of) + _COUNTERS + _PEER_EXTENSIONS
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
    elif key == _PEER_LEFT_OUT and not status.peers:
        status.peers_left_out.append(keys.from_hex(value))
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
