"""A client of ubusd: calls methods of others, offers its own, sends events.

Spoken without libubus, whose Python binding refuses a call with an argument that it
was not told of: uhttpd adds the session to every call that LuCI makes.
"""

import os
import socket
import struct
import time

from ..core.errors import Error
from . import blobmsg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Table = dict[str, Any]
    # Type of the message, number of what it answers, who sent it, its attributes.
    Message = tuple[int, int, int, dict[int, bytes]]

SOCKETS = ("/var/run/ubus/ubus.sock", "/var/run/ubus.sock")
_HEADER = struct.Struct(">BBHI")
_NUMBER = struct.Struct(">I")
_HELLO, _STATUS, _DATA, _LOOKUP, _INVOKE, _ADD_OBJECT = 0, 1, 2, 4, 5, 6
_A_STATUS, _A_PATH, _A_OBJECT, _A_METHOD, _A_SIGNATURE, _A_DATA = 1, 2, 3, 4, 6, 7
_A_NO_REPLY = 10
_EVENT_OBJECT = 1
_OK, _METHOD_NOT_FOUND, _TIMEOUT, _UNKNOWN_ERROR, _NO_MEMORY = 0, 3, 7, 9, 11
INVALID_ARGUMENT, NOT_FOUND = 2, 4
_WORDS = {
    INVALID_ARGUMENT: "invalid argument",
    _METHOD_NOT_FOUND: "no such method",
    NOT_FOUND: "not found",
    6: "permission denied",
    _TIMEOUT: "no answer in time",
    _NO_MEMORY: "more than ubus carries",
}
_CHUNK = 65_536
# As libubus has it; more would be a mistake of the sender, who is then cut off.
_LARGEST = 1 << 20
_PATIENCE = 3.0


class UbusError(Error):
    """A call failed; ``status`` is ubus' own number."""

    def __init__(self, text: str, status: int = _UNKNOWN_ERROR) -> None:
        super().__init__(f"ubus: {text}")
        self.status = status


class Method:
    """What others may call: ``act`` answers a table, or raises UbusError.

    ``takes`` are the names of its arguments: texts, empty where none is given. Others
    that come along are not looked at.
    """

    def __init__(self, act: "Callable[..., Table]", *takes: str) -> None:
        self._act = act
        self._takes = takes

    def signature(self) -> "Table":
        """The types of the arguments, as ubusd tells whoever asks."""
        return dict.fromkeys(self._takes, blobmsg.STRING)

    def answer(self, data: bytes) -> "Table":
        """To a call with these arguments."""
        return self._act(*self._texts(data)) if self._takes else self._act()

    def _texts(self, data: bytes) -> "list[str]":
        try:
            given = blobmsg.unpack_table(data)
        except blobmsg.BlobmsgError as error:
            raise UbusError(str(error), INVALID_ARGUMENT) from None
        texts = [given.get(name, "") for name in self._takes]
        if not all(isinstance(text, str) for text in texts):
            raise UbusError(_WORDS[INVALID_ARGUMENT], INVALID_ARGUMENT)
        return texts


class UbusClient:
    """One connection. Raises OSError when there is no ubusd, or no more."""

    def __init__(self, paths: "Iterable[str]" = SOCKETS) -> None:
        self._socket = _connect(paths)
        self._received = b""
        self._methods: dict[int, dict[str, Method]] = {}
        self._serial = 0
        if self._read(_deadline())[0] != _HELLO:
            raise OSError("ubusd does not greet")

    def descriptor(self) -> int:
        """What to watch, for ``serve``."""
        return self._socket.fileno()

    def close(self) -> None:
        """Our objects are gone with the connection."""
        self._socket.close()

    # Asking others.

    def call(self, path: str, method: str, arguments: "Table") -> "Table":
        """What a method answers; raises UbusError if it does not."""
        found = self._ask(_LOOKUP, 0, {_A_PATH: _text(path)}, f"{path}: ")
        number = found.get(_A_OBJECT)
        if number is None:
            raise UbusError(f"{path}: {_WORDS[NOT_FOUND]}", NOT_FOUND)
        attributes = {
            _A_OBJECT: number,
            _A_METHOD: _text(method),
            _A_DATA: blobmsg.pack_table(arguments),
        }
        peer = _NUMBER.unpack(number)[0]
        answer = self._ask(_INVOKE, peer, attributes, f"{path} {method}: ")
        try:
            return blobmsg.unpack_table(answer.get(_A_DATA, b""))
        except blobmsg.BlobmsgError as error:
            raise UbusError(f"{path} {method}: {error}") from None

    def send_event(self, kind: str, values: "Table") -> None:
        """Tell whoever listens for events of this kind."""
        attributes = {
            _A_OBJECT: _NUMBER.pack(_EVENT_OBJECT),
            _A_METHOD: _text("send"),
            _A_NO_REPLY: b"\1",
            _A_DATA: blobmsg.pack_table({"id": kind, "data": values}),
        }
        self._serial = (self._serial + 1) & 0xFFFF
        self._write(_INVOKE, self._serial, _EVENT_OBJECT, attributes)

    # Answering others.

    def add_object(self, path: str, methods: "dict[str, Method]") -> None:
        """Offer methods under a name."""
        signature = {name: method.signature() for name, method in methods.items()}
        attributes = {
            _A_PATH: _text(path),
            _A_SIGNATURE: blobmsg.pack_table(signature),
        }
        found = self._ask(_ADD_OBJECT, 0, attributes, f"{path}: ")
        self._methods[_NUMBER.unpack(found[_A_OBJECT])[0]] = methods

    def serve(self) -> None:
        """Answer the calls that have come in."""
        try:
            while True:
                self._answer(*self._read())
        except BlockingIOError:
            pass

    def _answer(
        self, kind: int, serial: int, peer: int, attributes: "dict[int, bytes]"
    ) -> None:
        if kind != _INVOKE:
            return
        number = attributes.get(_A_OBJECT, b"")
        methods = self._methods.get(_NUMBER.unpack(number)[0] if number else 0, {})
        name = attributes.get(_A_METHOD, b"")[:-1].decode("utf-8", "replace")
        status = _OK
        try:
            if name not in methods:
                raise UbusError(_WORDS[_METHOD_NOT_FOUND], _METHOD_NOT_FOUND)
            answer = methods[name].answer(attributes.get(_A_DATA, b""))
            data = {_A_OBJECT: number, _A_DATA: blobmsg.pack_table(answer)}
            self._write(_DATA, serial, peer, data)
        except UbusError as error:
            status = error.status
        ending = {_A_STATUS: _NUMBER.pack(status), _A_OBJECT: number}
        self._write(_STATUS, serial, peer, ending)

    # Messages.

    def _ask(
        self, kind: int, peer: int, attributes: "dict[int, bytes]", what: str
    ) -> "dict[int, bytes]":
        """The attributes of the last data that came before the status."""
        self._serial = (self._serial + 1) & 0xFFFF
        serial = self._serial
        self._write(kind, serial, peer, attributes)
        found: dict[int, bytes] = {}
        deadline = _deadline()
        while True:
            message = self._read(deadline)
            if message[0] not in (_STATUS, _DATA):
                self._answer(*message)  # a call that crossed ours
            elif message[1] == serial and message[0] == _DATA:
                found = message[3]
            elif message[1] == serial:
                status = _NUMBER.unpack(message[3][_A_STATUS])[0]
                if status:
                    words = _WORDS.get(status, f"error {status}")
                    raise UbusError(what + words, status)
                return found

    def _read(self, deadline: float = 0.0) -> "Message":
        """The next message; BlockingIOError if there is none, UbusError if none
        comes in time."""
        message = self._take_message()
        while message is None:
            left = deadline - time.monotonic() if deadline else 0.0
            if deadline and left <= 0:
                raise UbusError(_WORDS[_TIMEOUT], _TIMEOUT)
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(_CHUNK)
            except TimeoutError:
                continue
            if not data:
                raise OSError("ubusd is gone")
            self._received += data
            message = self._take_message()
        return message

    def _take_message(self) -> "Message | None":
        start = _HEADER.size
        if len(self._received) < start + _NUMBER.size:
            return None
        size = _NUMBER.unpack_from(self._received, start)[0] & 0xFFFFFF
        if not _NUMBER.size <= size <= _LARGEST:
            raise OSError("ubusd makes no sense")
        if len(self._received) < start + size:
            return None
        _, kind, serial, peer = _HEADER.unpack_from(self._received)
        body = self._received[start + _NUMBER.size : start + size]
        self._received = self._received[start + size :]
        return kind, serial, peer, dict(blobmsg.unpack_attrs(body))

    def _write(
        self, kind: int, serial: int, peer: int, attributes: "dict[int, bytes]"
    ) -> None:
        body = b"".join(
            blobmsg.pack_attr(one, value) for one, value in attributes.items()
        )
        if len(body) > _LARGEST - _NUMBER.size:
            raise UbusError(_WORDS[_NO_MEMORY], _NO_MEMORY)
        self._socket.settimeout(_PATIENCE)
        message = _HEADER.pack(0, kind, serial, peer) + blobmsg.pack_attr(0, body)
        self._socket.sendall(message)


def _connect(paths: "Iterable[str]") -> socket.socket:
    for path in paths:
        if os.path.exists(path):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(path)
            except OSError:
                sock.close()
                raise
            return sock
    raise FileNotFoundError("there is no ubusd")


def _text(text: str) -> bytes:
    return text.encode() + b"\0"


def _deadline() -> float:
    return time.monotonic() + _PATIENCE
