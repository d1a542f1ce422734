"""The messages between ubusd and its clients: types, attributes and framing."""

import struct

from ..core.errors import Error
from . import blobmsg

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Message type, serial number, peer, attributes.
    Message = tuple[int, int, int, dict[int, bytes]]

HELLO, STATUS, DATA, LOOKUP, INVOKE, ADD_OBJECT = 0, 1, 2, 4, 5, 6
A_STATUS, A_PATH, A_OBJECT, A_METHOD, A_SIGNATURE, A_DATA = 1, 2, 3, 4, 6, 7
A_NO_REPLY = 10
OK, METHOD_NOT_FOUND, TIMEOUT, UNKNOWN_ERROR, NO_MEMORY = 0, 3, 7, 9, 11
INVALID_ARGUMENT, NOT_FOUND = 2, 4
STATUS_TEXTS = {
    INVALID_ARGUMENT: "invalid argument",
    METHOD_NOT_FOUND: "no such method",
    NOT_FOUND: "not found",
    6: "permission denied",
    TIMEOUT: "timeout",
    NO_MEMORY: "message too long",
}
# The limit of libubus. ubusd drops clients that send more.
MAX_MESSAGE = 1 << 20
UINT32 = struct.Struct(">I")
_HEADER = struct.Struct(">BBHI")
_SIZE_OFFSET = _HEADER.size
_HEAD_SIZE = _HEADER.size + UINT32.size


class UbusError(Error):
    """A call failed; ``status`` is the status code of ubus."""

    def __init__(self, text: str, status: int = UNKNOWN_ERROR) -> None:
        super().__init__(f"ubus: {text}")
        self.status = status


def pack_message(
    kind: int, serial: int, peer: int, attributes: "dict[int, bytes]"
) -> bytes:
    """Return an encoded message; raises UbusError if it is too long."""
    body = b"".join(
        blobmsg.pack_attr(type_, value) for type_, value in attributes.items()
    )
    if len(body) > MAX_MESSAGE - UINT32.size:
        raise UbusError(STATUS_TEXTS[NO_MEMORY], NO_MEMORY)
    return _HEADER.pack(0, kind, serial, peer) + blobmsg.pack_attr(0, body)


def pack_string(text: str) -> bytes:
    """Return the content of a string attribute."""
    return text.encode() + b"\0"


def read_uint32(attributes: "dict[int, bytes]", kind: int) -> int:
    """Return the number in an attribute.

    Raises:
        OSError: the attribute is missing or has another size.
    """
    value = attributes.get(kind, b"")
    if len(value) != UINT32.size:
        raise malformed(f"attribute {kind}")
    return int(UINT32.unpack(value)[0])


def malformed(part: str) -> OSError:
    """Return the error that ubusd sent nonsense; the connection cannot be used."""
    return OSError(f"malformed message from ubusd: {part}")


class MessageReader:
    """Joins the data that is received into messages; it holds one message at most."""

    def __init__(self) -> None:
        self._data = bytearray()

    def missing(self) -> int:
        """Return how many more bytes to feed, at most.

        Raises:
            OSError: the size of the message is malformed.
        """
        return self._expected() - len(self._data)

    def feed(self, data: bytes) -> None:
        """Add received data, no more than is missing."""
        self._data += data

    def take(self) -> "Message | None":
        """Remove and return the message, or None if it is not complete.

        Raises:
            OSError: the message is malformed.
        """
        if len(self._data) < _HEAD_SIZE or self.missing():
            return None
        _, kind, serial, peer = _HEADER.unpack_from(self._data)
        body = bytes(self._data[_HEAD_SIZE:])
        self._data.clear()
        try:
            return kind, serial, peer, dict(blobmsg.unpack_attrs(body))
        except blobmsg.BlobmsgError as error:
            raise malformed(str(error)) from None

    def _expected(self) -> int:
        if len(self._data) < _HEAD_SIZE:
            return _HEAD_SIZE
        size: int = UINT32.unpack_from(self._data, _SIZE_OFFSET)[0] & 0xFFFFFF
        if not UINT32.size <= size <= MAX_MESSAGE:
            raise malformed(f"size {size}")
        return _SIZE_OFFSET + size
