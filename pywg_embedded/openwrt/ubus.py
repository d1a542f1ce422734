"""A ubus client: calls methods of other objects, offers objects, sends events.

This is not the Python binding of libubus, because that refuses calls with arguments
that are not declared, and uhttpd adds the session to each call that LuCI makes.
"""

import os
import socket
import struct
import time

from ..core.errors import Error
from . import blobmsg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Table = dict[str, Any]
    # Message type, serial number, peer, attributes.
    Message = tuple[int, int, int, dict[int, bytes]]

SOCKETS = ("/var/run/ubus/ubus.sock", "/var/run/ubus.sock")
_HEADER = struct.Struct(">BBHI")
_UINT32 = struct.Struct(">I")
_HELLO, _STATUS, _DATA, _LOOKUP, _INVOKE, _ADD_OBJECT = 0, 1, 2, 4, 5, 6
_A_STATUS, _A_PATH, _A_OBJECT, _A_METHOD, _A_SIGNATURE, _A_DATA = 1, 2, 3, 4, 6, 7
_A_NO_REPLY = 10
_EVENT_OBJECT = 1
_OK, _METHOD_NOT_FOUND, _TIMEOUT, _UNKNOWN_ERROR, _NO_MEMORY = 0, 3, 7, 9, 11
INVALID_ARGUMENT, NOT_FOUND = 2, 4
_STATUS_TEXTS = {
    INVALID_ARGUMENT: "invalid argument",
    _METHOD_NOT_FOUND: "no such method",
    NOT_FOUND: "not found",
    6: "permission denied",
    _TIMEOUT: "timeout",
    _NO_MEMORY: "message too long",
}
_RECEIVE_SIZE = 65_536
# The limit of libubus. ubusd drops clients that send more.
_MAX_MESSAGE = 1 << 20
_TIMEOUT_SECONDS = 3.0


class UbusError(Error):
    """A call failed; ``status`` is the status code of ubus."""

    def __init__(self, text: str, status: int = _UNKNOWN_ERROR) -> None:
        super().__init__(f"ubus: {text}")
        self.status = status


class Method:
    """A method of an object: ``handler`` returns a table, or raises UbusError.

    ``arguments`` are the names of the arguments that are passed to the handler. They
    are strings, and empty if a call lacks them; other arguments are ignored.
    """

    def __init__(self, handler: "Callable[..., Table]", *arguments: str) -> None:
        self._handler = handler
        self._arguments = arguments

    def signature(self) -> "Table":
        """Return the types of the arguments, for the registration at ubusd."""
        return dict.fromkeys(self._arguments, blobmsg.STRING)

    def invoke(self, data: bytes) -> "Table":
        """Call the handler with the encoded arguments in ``data``.

        Raises UbusError if they are invalid, or from the handler.
        """
        return self._handler(*self._parse(data)) if self._arguments else self._handler()

    def _parse(self, data: bytes) -> "list[str]":
        try:
            values = blobmsg.unpack_table(data)
        except blobmsg.BlobmsgError as error:
            raise UbusError(str(error), INVALID_ARGUMENT) from None
        texts = [values.get(name, "") for name in self._arguments]
        if not all(isinstance(text, str) for text in texts):
            raise UbusError(_STATUS_TEXTS[INVALID_ARGUMENT], INVALID_ARGUMENT)
        return texts


class UbusClient:
    """A connection to ubusd.

    Each method raises OSError if ubusd is not running, or the connection is lost.
    """

    def __init__(self, paths: "Sequence[str]" = SOCKETS) -> None:
        self._socket = _connect(paths)
        self._received = b""
        self._methods: dict[int, dict[str, Method]] = {}
        self._serial = 0
        if self._read(_deadline())[0] != _HELLO:
            raise OSError("no hello message from ubusd")

    def descriptor(self) -> int:
        """Return the file descriptor; when it is readable, call ``serve``."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the connection; ubusd removes the objects that it offers."""
        self._socket.close()

    # Calls to other objects.

    def call(self, path: str, method: str, arguments: "Table") -> "Table":
        """Call a method of the object ``path`` and return its answer.

        Raises UbusError if the call fails, or there is no answer within 3 seconds.
        """
        found = self._request(_LOOKUP, 0, {_A_PATH: _pack_string(path)}, f"{path}: ")
        object_id = found.get(_A_OBJECT)
        if object_id is None:
            raise UbusError(f"{path}: {_STATUS_TEXTS[NOT_FOUND]}", NOT_FOUND)
        attributes = {
            _A_OBJECT: object_id,
            _A_METHOD: _pack_string(method),
            _A_DATA: blobmsg.pack_table(arguments),
        }
        peer = _UINT32.unpack(object_id)[0]
        answer = self._request(_INVOKE, peer, attributes, f"{path} {method}: ")
        try:
            return blobmsg.unpack_table(answer.get(_A_DATA, b""))
        except blobmsg.BlobmsgError as error:
            raise UbusError(f"{path} {method}: {error}") from None

    def send_event(self, kind: str, values: "Table") -> None:
        """Send an event of the kind ``kind`` to its subscribers."""
        attributes = {
            _A_OBJECT: _UINT32.pack(_EVENT_OBJECT),
            _A_METHOD: _pack_string("send"),
            _A_NO_REPLY: b"\1",
            _A_DATA: blobmsg.pack_table({"id": kind, "data": values}),
        }
        self._serial = (self._serial + 1) & 0xFFFF
        self._write(_INVOKE, self._serial, _EVENT_OBJECT, attributes)

    # Objects of ours.

    def add_object(self, path: str, methods: "dict[str, Method]") -> None:
        """Offer the object ``path`` with these methods."""
        signature = {name: method.signature() for name, method in methods.items()}
        attributes = {
            _A_PATH: _pack_string(path),
            _A_SIGNATURE: blobmsg.pack_table(signature),
        }
        found = self._request(_ADD_OBJECT, 0, attributes, f"{path}: ")
        self._methods[_UINT32.unpack(found[_A_OBJECT])[0]] = methods

    def serve(self) -> None:
        """Answer the calls that were received, without waiting for more."""
        try:
            while True:
                self._handle(*self._read())
        except BlockingIOError:
            pass

    def _handle(
        self, kind: int, serial: int, peer: int, attributes: "dict[int, bytes]"
    ) -> None:
        if kind != _INVOKE:
            return
        object_id = attributes.get(_A_OBJECT, b"")
        key = _UINT32.unpack(object_id)[0] if object_id else 0
        methods = self._methods.get(key, {})
        name = attributes.get(_A_METHOD, b"")[:-1].decode("utf-8", "replace")
        status = _OK
        try:
            if name not in methods:
                raise UbusError(_STATUS_TEXTS[_METHOD_NOT_FOUND], _METHOD_NOT_FOUND)
            answer = methods[name].invoke(attributes.get(_A_DATA, b""))
            data = {_A_OBJECT: object_id, _A_DATA: blobmsg.pack_table(answer)}
            self._write(_DATA, serial, peer, data)
        except UbusError as error:
            status = error.status
        result = {_A_STATUS: _UINT32.pack(status), _A_OBJECT: object_id}
        self._write(_STATUS, serial, peer, result)

    # Messages.

    def _request(
        self, kind: int, peer: int, attributes: "dict[int, bytes]", place: str
    ) -> "dict[int, bytes]":
        """Send a request and return the attributes of its last data message."""
        self._serial = (self._serial + 1) & 0xFFFF
        serial = self._serial
        self._write(kind, serial, peer, attributes)
        found: dict[int, bytes] = {}
        deadline = _deadline()
        while True:
            message = self._read(deadline)
            if message[0] not in (_STATUS, _DATA):
                self._handle(*message)  # a call to an object of ours, in the meantime
            elif message[1] == serial and message[0] == _DATA:
                found = message[3]
            elif message[1] == serial:
                status = _UINT32.unpack(message[3][_A_STATUS])[0]
                if status:
                    text = _STATUS_TEXTS.get(status, f"error {status}")
                    raise UbusError(place + text, status)
                return found

    def _read(self, deadline: float = 0.0) -> "Message":
        """Return the next message.

        Without a deadline, raises BlockingIOError if there is none; with one, raises
        UbusError if none is received in time.
        """
        message = self._take_message()
        while message is None:
            left = deadline - time.monotonic() if deadline else 0.0
            if deadline and left <= 0:
                raise UbusError(_STATUS_TEXTS[_TIMEOUT], _TIMEOUT)
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(_RECEIVE_SIZE)
            except TimeoutError:
                continue
            if not data:
                raise OSError("ubusd closed the connection")
            self._received += data
            message = self._take_message()
        return message

    def _take_message(self) -> "Message | None":
        start = _HEADER.size
        if len(self._received) < start + _UINT32.size:
            return None
        size = _UINT32.unpack_from(self._received, start)[0] & 0xFFFFFF
        if not _UINT32.size <= size <= _MAX_MESSAGE:
            raise OSError(f"malformed message from ubusd: size {size}")
        if len(self._received) < start + size:
            return None
        _, kind, serial, peer = _HEADER.unpack_from(self._received)
        body = self._received[start + _UINT32.size : start + size]
        self._received = self._received[start + size :]
        return kind, serial, peer, dict(blobmsg.unpack_attrs(body))

    def _write(
        self, kind: int, serial: int, peer: int, attributes: "dict[int, bytes]"
    ) -> None:
        body = b"".join(
            blobmsg.pack_attr(type_, value) for type_, value in attributes.items()
        )
        if len(body) > _MAX_MESSAGE - _UINT32.size:
            raise UbusError(_STATUS_TEXTS[_NO_MEMORY], _NO_MEMORY)
        self._socket.settimeout(_TIMEOUT_SECONDS)
        message = _HEADER.pack(0, kind, serial, peer) + blobmsg.pack_attr(0, body)
        self._socket.sendall(message)


def _connect(paths: "Sequence[str]") -> socket.socket:
    for path in paths:
        if os.path.exists(path):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(path)
            except OSError:
                sock.close()
                raise
            return sock
    raise FileNotFoundError(f"ubusd is not running: no socket at {' or '.join(paths)}")


def _pack_string(text: str) -> bytes:
    return text.encode() + b"\0"


def _deadline() -> float:
    return time.monotonic() + _TIMEOUT_SECONDS
