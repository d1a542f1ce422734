"""A ubus client: calls methods of other objects, offers objects, sends events.

It never waits by itself: a request is answered by a call of a function, from ``serve``
when the descriptor is ready, or from ``expire`` when its time is over. For programs
that do nothing else meanwhile, ``call`` and ``wait`` wait for the answers.

This is not the Python binding of libubus, because that refuses calls with arguments
that are not declared, and uhttpd adds the session to each call that LuCI makes.
"""

import os
import select
import socket
import time

from . import blobmsg
from .ubus_messages import (
    A_DATA,
    A_METHOD,
    A_NO_REPLY,
    A_OBJECT,
    A_PATH,
    A_SIGNATURE,
    A_STATUS,
    ADD_OBJECT,
    DATA,
    HELLO,
    INVALID_ARGUMENT,
    INVOKE,
    LOOKUP,
    METHOD_NOT_FOUND,
    NOT_FOUND,
    OK,
    STATUS,
    STATUS_TEXTS,
    TIMEOUT,
    UINT32,
    MessageReader,
    UbusError,
    pack_message,
    pack_string,
    read_uint32,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Table = dict[str, Any]
    Attributes = dict[int, bytes]
    # Take an answer, which is None after an error, and the error or None.
    Done = Callable[[Table | None, UbusError | None], None]
    Answered = Callable[[Attributes, UbusError | None], None]

SOCKETS = ("/var/run/ubus/ubus.sock", "/var/run/ubus.sock")
_EVENT_OBJECT = 1
_RECEIVE_SIZE = 65_536
_TIMEOUT_SECONDS = 3.0
_MAX_REQUESTS = 16
# Of messages that ubusd does not read; a single message may be longer.
_MAX_UNSENT = 1 << 18
# The messages of one call of ``serve``, because packets wait meanwhile.
_MESSAGES_PER_CALL = 8


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
            raise UbusError(STATUS_TEXTS[INVALID_ARGUMENT], INVALID_ARGUMENT)
        return texts


class _Request:
    __slots__ = ("answered", "deadline", "found", "kind", "place")

    def __init__(
        self, kind: int, place: str, deadline: float, answered: "Answered"
    ) -> None:
        self.kind = kind
        self.place = place
        self.deadline = deadline
        self.answered = answered
        self.found: Attributes = {}


class UbusClient:
    """A connection to ubusd.

    Each method raises OSError if ubusd is not running or does not answer, or if the
    connection is lost. ``now`` returns seconds.
    """

    def __init__(
        self,
        paths: "Sequence[str]" = SOCKETS,
        now: "Callable[[], float]" = time.monotonic,
    ) -> None:
        self._socket = _connect(paths)
        self._now = now
        self._reader = MessageReader()
        self._unsent = bytearray()
        # Of the data that ubusd has yet to read.
        self._send_deadline = 0.0
        self._methods: dict[int, dict[str, Method]] = {}
        self._requests: dict[int, _Request] = {}
        self._serial = 0
        self._hello_deadline = now() + _TIMEOUT_SECONDS
        self.greeted = False

    def descriptor(self) -> int:
        """Return the file descriptor; when it is ready, call ``serve``."""
        return self._socket.fileno()

    def wants_to_write(self) -> bool:
        """Return whether to poll the descriptor for writing."""
        return bool(self._unsent)

    def is_waiting(self) -> bool:
        """Return whether an answer of ubusd is due."""
        return bool(self._requests) or not self.greeted

    def close(self) -> None:
        """Close the connection; open requests fail, and ubusd removes the objects."""
        self._socket.close()
        requests, self._requests = self._requests, {}
        for request in requests.values():
            request.answered({}, UbusError(f"{request.place}connection closed"))

    # Calls to other objects.

    def request(self, path: str, method: str, arguments: "Table", done: "Done") -> None:
        """Call a method of the object ``path``; pass the answer to ``done``.

        An error is passed to it as well, at the latest after 3 seconds.

        Raises UbusError if there are too many open requests.
        """
        deadline = self._now() + _TIMEOUT_SECONDS
        place = f"{path} {method}: "
        data = blobmsg.pack_table(arguments)

        def invoke(found: "Attributes", error: UbusError | None) -> None:
            object_id = found.get(A_OBJECT, b"")
            if error or len(object_id) != UINT32.size:
                text = f"{path}: {STATUS_TEXTS[NOT_FOUND]}"
                done(None, error or UbusError(text, NOT_FOUND))
                return
            attributes = {
                A_OBJECT: object_id,
                A_METHOD: pack_string(method),
                A_DATA: data,
            }
            peer = UINT32.unpack(object_id)[0]
            try:
                self._start(INVOKE, peer, attributes, place, deadline, finish)
            except UbusError as refused:
                done(None, refused)

        def finish(found: "Attributes", error: UbusError | None) -> None:
            reply = None
            if not error:
                try:
                    reply = blobmsg.unpack_table(found.get(A_DATA, b""))
                except blobmsg.BlobmsgError as invalid:
                    error = UbusError(f"{place}{invalid}")
            done(reply, error)

        names = {A_PATH: pack_string(path)}
        self._start(LOOKUP, 0, names, f"{path}: ", deadline, invoke)

    def call(self, path: str, method: str, arguments: "Table") -> "Table":
        """Call a method of the object ``path``, wait for its answer and return it.

        Raises UbusError if the call fails, or there is no answer within 3 seconds.
        """
        answers: list[tuple[Table | None, UbusError | None]] = []
        self.request(path, method, arguments, lambda *answer: answers.append(answer))
        while not answers:
            try:
                self._wait_once()
            except OSError:
                if not answers:
                    raise
        reply, error = answers[0]
        if error:
            raise error
        return reply or {}

    def send_event(self, kind: str, values: "Table") -> None:
        """Send an event of the kind ``kind`` to its subscribers."""
        attributes = {
            A_OBJECT: UINT32.pack(_EVENT_OBJECT),
            A_METHOD: pack_string("send"),
            A_NO_REPLY: b"\1",
            A_DATA: blobmsg.pack_table({"id": kind, "data": values}),
        }
        self._send(pack_message(INVOKE, self._next_serial(), _EVENT_OBJECT, attributes))

    # Objects of ours.

    def add_object(
        self,
        path: str,
        methods: "dict[str, Method]",
        done: "Callable[[UbusError | None], None]",
    ) -> None:
        """Offer the object ``path`` with these methods; pass the error to ``done``."""

        def add(found: "Attributes", error: UbusError | None) -> None:
            if not error:
                self._methods[read_uint32(found, A_OBJECT)] = methods
            done(error)

        signature = {name: method.signature() for name, method in methods.items()}
        attributes = {
            A_PATH: pack_string(path),
            A_SIGNATURE: blobmsg.pack_table(signature),
        }
        deadline = self._now() + _TIMEOUT_SECONDS
        self._start(ADD_OBJECT, 0, attributes, f"{path}: ", deadline, add)

    def serve(self) -> None:
        """Handle messages that were received and send what is left, without waiting.

        What remains makes the descriptor ready again.
        """
        self._flush()
        for _ in range(_MESSAGES_PER_CALL):
            message = self._receive()
            if message is None:
                return
            self._handle(*message)

    def expire(self) -> None:
        """Let the requests fail whose time is over; to be called about once a second.

        Raises OSError if ubusd itself does not answer or read.
        """
        now = self._now()
        overdue = {s: r for s, r in self._requests.items() if r.deadline <= now}
        for serial, request in overdue.items():
            if not self._requests.pop(serial, None):
                continue  # answered by ``close``, from an answer before this one
            text = f"{request.place}{STATUS_TEXTS[TIMEOUT]}"
            request.answered({}, UbusError(text, TIMEOUT))
        silent = not self.greeted and self._hello_deadline <= now
        # The object that is invoked belongs to another process; the rest to ubusd.
        if silent or any(request.kind != INVOKE for request in overdue.values()):
            raise OSError("ubusd does not answer")
        if self._unsent and self._send_deadline <= now:
            raise OSError("ubusd does not read")

    def wait(self) -> None:
        """Wait until ubusd has answered everything, for about 3 seconds at most."""
        while self.is_waiting():
            self._wait_once()

    def _wait_once(self) -> None:
        deadlines = [request.deadline for request in self._requests.values()]
        if not self.greeted:
            deadlines.append(self._hello_deadline)
        seconds = max(0.0, min(deadlines) - self._now()) if deadlines else 0.0
        poll = select.poll()
        writing = select.POLLOUT if self._unsent else 0
        poll.register(self._socket, select.POLLIN | writing)
        poll.poll(int(seconds * 1_000) + 1)
        self.serve()
        self.expire()

    # Messages.

    def _start(
        self,
        kind: int,
        peer: int,
        attributes: "Attributes",
        place: str,
        deadline: float,
        answered: "Answered",
    ) -> None:
        if len(self._requests) == _MAX_REQUESTS:
            raise UbusError(f"{place}too many calls (limit {_MAX_REQUESTS})")
        serial = self._next_serial()
        message = pack_message(kind, serial, peer, attributes)
        # Before the message is sent: if that fails, ``close`` answers the request.
        self._requests[serial] = _Request(kind, place, deadline, answered)
        self._send(message)

    def _next_serial(self) -> int:
        self._serial = (self._serial + 1) & 0xFFFF
        while self._serial in self._requests:
            self._serial = (self._serial + 1) & 0xFFFF
        return self._serial

    def _handle(
        self, kind: int, serial: int, peer: int, attributes: "Attributes"
    ) -> None:
        if not self.greeted:
            if kind != HELLO:
                raise OSError("no hello message from ubusd")
            self.greeted = True
        elif kind == INVOKE:
            self._answer(serial, peer, attributes)
        elif serial in self._requests and kind == DATA:
            self._requests[serial].found = attributes
        elif serial in self._requests and kind == STATUS:
            status = read_uint32(attributes, A_STATUS)
            request = self._requests.pop(serial)
            text = STATUS_TEXTS.get(status, f"error {status}")
            error = UbusError(request.place + text, status) if status else None
            request.answered(request.found if status == OK else {}, error)

    def _answer(self, serial: int, peer: int, attributes: "Attributes") -> None:
        object_id = attributes.get(A_OBJECT, b"")
        methods = self._methods.get(read_uint32(attributes, A_OBJECT), {})
        name = attributes.get(A_METHOD, b"")[:-1].decode("utf-8", "replace")
        data, status = b"", OK
        try:
            if name not in methods:
                raise UbusError(STATUS_TEXTS[METHOD_NOT_FOUND], METHOD_NOT_FOUND)
            answer = methods[name].invoke(attributes.get(A_DATA, b""))
            values = {A_OBJECT: object_id, A_DATA: blobmsg.pack_table(answer)}
            data = pack_message(DATA, serial, peer, values)
        except UbusError as error:
            status = error.status
        result = {A_STATUS: UINT32.pack(status), A_OBJECT: object_id}
        self._send(data + pack_message(STATUS, serial, peer, result))

    def _receive(self) -> "tuple[int, int, int, Attributes] | None":
        message = self._reader.take()
        while message is None:
            try:
                data = self._socket.recv(min(self._reader.missing(), _RECEIVE_SIZE))
            except BlockingIOError:
                return None
            if not data:
                raise OSError("ubusd closed the connection")
            self._reader.feed(data)
            message = self._reader.take()
        return message

    def _send(self, message: bytes) -> None:
        if self._unsent and len(self._unsent) + len(message) > _MAX_UNSENT:
            raise OSError("ubusd does not read")
        if not self._unsent:
            self._send_deadline = self._now() + _TIMEOUT_SECONDS
        self._unsent += message
        self._flush()

    def _flush(self) -> None:
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except BlockingIOError:
                return
            del self._unsent[:sent]
            self._send_deadline = self._now() + _TIMEOUT_SECONDS


def _connect(paths: "Sequence[str]") -> socket.socket:
    for path in paths:
        if os.path.exists(path):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            # Else connect() waits as long as the queue of the listener is full.
            sock.setblocking(False)
            try:
                sock.connect(path)
            except BlockingIOError:
                sock.close()
                raise OSError("ubusd does not accept connections") from None
            except OSError:
                sock.close()
                raise
            return sock
    raise FileNotFoundError(f"ubusd is not running: no socket at {' or '.join(paths)}")
