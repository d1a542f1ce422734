"""A small ubusd for machines without ubus: a broker with simulated objects.

It behaves like a recording of the real ubusd, which is in test_ubus.py.
"""

import contextlib
import itertools
import os
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from pywg_embedded.openwrt import blobmsg

from .wait import DEADLINE

Table = dict[str, Any]
Call = tuple[str, str, Table]

HEADER = struct.Struct(">BBHI")
UINT32 = struct.Struct(">I")
HELLO, STATUS, DATA, LOOKUP, INVOKE, ADD_OBJECT = 0, 1, 2, 4, 5, 6
A_STATUS, A_PATH, A_OBJECT, A_METHOD, A_SIGNATURE, A_DATA = 1, 2, 3, 4, 6, 7
NOT_FOUND = 4
# Not kinds of messages, but held like them.
ACCEPTING, READING = -1, -2
_EVENT = UINT32.pack(1)


class Ubusd:
    """A broker that listens at ``path``.

    ``objects`` maps paths to functions of method and arguments, which return the reply
    or None for an error. ``calls`` lists the calls of these objects, ``events`` the
    events sent; ``signatures`` holds the method signatures of the clients' objects.
    Messages of the kinds in ``held`` (HELLO: the greeting) are not handled before
    ``release``; ``waiting`` lists those that were received. With READING, nothing more
    is read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.objects: dict[str, Callable[[str, Table], Table | None]] = {}
        self.calls: list[Call] = []
        self.events: list[tuple[str, Table]] = []
        self.offered: dict[str, tuple[_Client, bytes]] = {}
        self.signatures: dict[str, bytes] = {}
        self.held: frozenset[int] = frozenset()
        self.waiting: list[int] = []
        self._released = threading.Event()
        self._clients: list[_Client] = []
        self.peers = itertools.count(0x1000)

    def __enter__(self) -> "Ubusd":
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.path.unlink(missing_ok=True)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.release()
        self.disconnect()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = _Client(self, self._listener.accept()[0])
                self._clients.append(client)
                self.pass_on(ACCEPTING)
                threading.Thread(target=client.run, daemon=True).start()

    def hold(self, *kinds: int) -> None:
        """Stop handling messages of these kinds."""
        self._released.clear()
        self.waiting.clear()
        self.held = frozenset(kinds)

    def release(self) -> None:
        """Handle all messages again, also those that wait."""
        self.held = frozenset()
        self._released.set()

    def pass_on(self, kind: int) -> None:
        """Return at once, or after the release of messages of this kind."""
        if kind in self.held:
            self.waiting.append(kind)
            self._released.wait()

    def disconnect(self) -> None:
        """Close the connections of all clients."""
        clients, self._clients = self._clients, []
        for client in clients:
            client.close()

    def socket_of(self, path: str) -> socket.socket:
        """Return the connection to the client that offers an object."""
        return self.offered[path][0].socket

    def object_id(self, path: str) -> bytes | None:
        """Return the id of an object, or None."""
        names = [*self.objects, *self.offered]
        return UINT32.pack(100 + names.index(path)) if path in names else None

    def invoke(self, path: str, method: str, arguments: Table) -> Table | None:
        """Call a simulated object and return its reply."""
        self.calls.append((path, method, arguments))
        return self.objects[path](method, arguments)

    def send_call(self, path: str, method: str, arguments: Table | None = None) -> None:
        """Send a call to an object of a client."""
        client, object_id = self.offered[path]
        client.call(object_id, method, arguments or {})

    def answer_of(self, path: str) -> tuple[int, Table]:
        """Return status and reply of the last call of an object."""
        return self.offered[path][0].answer()

    def call(self, path: str, method: str, arguments: Table) -> tuple[int, Table]:
        """Call an object of a client that runs in another thread or process."""
        self.send_call(path, method, arguments)
        return self.answer_of(path)


class _Client:
    def __init__(self, ubusd: Ubusd, sock: socket.socket) -> None:
        self._ubusd = ubusd
        self.socket = sock
        self._answers: list[tuple[int, Table]] = []
        self._answer: Table = {}
        self._answered = threading.Event()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def run(self) -> None:
        """Send HELLO, then handle messages until the client disconnects."""
        self._ubusd.pass_on(HELLO)
        with contextlib.suppress(OSError, EOFError):
            self._send(HELLO, 0, next(self._ubusd.peers), {})
            while True:
                self._ubusd.pass_on(READING)
                kind, serial, _, attributes = self._read()
                self._ubusd.pass_on(kind)
                if kind == LOOKUP:
                    self._look_up(serial, attributes)
                elif kind == ADD_OBJECT:
                    self._add(serial, attributes)
                elif kind == INVOKE:
                    self._invoke(serial, attributes)
                elif kind == DATA:
                    self._answer = blobmsg.unpack_table(attributes[A_DATA])
                elif kind == STATUS:
                    status = UINT32.unpack(attributes[A_STATUS])[0]
                    self._answers.append((status, self._answer))
                    self._answered.set()

    def call(self, object_id: bytes, method: str, arguments: Table) -> None:
        """Send a call to the client."""
        self._answer = {}
        self._answered.clear()
        data = blobmsg.pack_table(arguments)
        name = method.encode(errors="surrogateescape") + b"\0"
        attributes = {A_OBJECT: object_id, A_METHOD: name, A_DATA: data}
        self._send(INVOKE, 7, 0x2000, attributes)

    def answer(self) -> tuple[int, Table]:
        """Wait for the reply of the client; return its status and data."""
        assert self._answered.wait(DEADLINE), "no reply from the client"
        return self._answers.pop()

    def _look_up(self, serial: int, attributes: dict[int, bytes]) -> None:
        object_id = self._ubusd.object_id(attributes[A_PATH][:-1].decode())
        if object_id:
            self._send(DATA, serial, 0, {A_OBJECT: object_id})
        self._end(serial, 0 if object_id else NOT_FOUND)

    def _add(self, serial: int, attributes: dict[int, bytes]) -> None:
        path = attributes[A_PATH][:-1].decode()
        self._ubusd.offered[path] = (self, b"")
        object_id = self._ubusd.object_id(path) or b""
        self._ubusd.offered[path] = (self, object_id)
        self._ubusd.signatures[path] = attributes[A_SIGNATURE]
        self._send(DATA, serial, 0, {A_OBJECT: object_id})
        self._end(serial, 0)

    def _invoke(self, serial: int, attributes: dict[int, bytes]) -> None:
        object_id = attributes[A_OBJECT]
        arguments = blobmsg.unpack_table(attributes[A_DATA])
        if object_id == _EVENT:
            self._ubusd.events.append((arguments["id"], arguments["data"]))
            return
        path = [*self._ubusd.objects][UINT32.unpack(object_id)[0] - 100]
        method = attributes[A_METHOD][:-1].decode()
        answer = self._ubusd.invoke(path, method, arguments)
        if answer is not None:
            data = {A_OBJECT: object_id, A_DATA: blobmsg.pack_table(answer)}
            self._send(DATA, serial, 0, data)
        self._end(serial, 2 if answer is None else 0)

    def _end(self, serial: int, status: int) -> None:
        self._send(STATUS, serial, 0, {A_STATUS: UINT32.pack(status)})

    def _send(
        self, kind: int, serial: int, peer: int, attributes: dict[int, bytes]
    ) -> None:
        body = b"".join(
            blobmsg.pack_attr(kind, value) for kind, value in attributes.items()
        )
        message = HEADER.pack(0, kind, serial, peer) + blobmsg.pack_attr(0, body)
        self.socket.sendall(message)

    def _read(self) -> tuple[int, int, int, dict[int, bytes]]:
        head = self._exactly(HEADER.size + UINT32.size)
        _, kind, serial, peer = HEADER.unpack_from(head)
        size = UINT32.unpack_from(head, HEADER.size)[0] & 0xFFFFFF
        body = self._exactly(size - UINT32.size)
        return kind, serial, peer, dict(blobmsg.unpack_attrs(body))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data


def path_for(folder: Path) -> Path:
    """Return a path for the socket that is short enough for the kernel."""
    return Path(os.path.relpath(folder / "ubus.sock"))
