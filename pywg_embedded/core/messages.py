"""The handshake messages on the wire (paper 5.4): types, lengths and fields.

``parse`` is the only length check. Integers are little endian. The type is read as a
32-bit word, which checks that the three reserved bytes are zero.
"""

import struct

from .constants import (
    COOKIE_REPLY_SIZE,
    INITIATION_SIZE,
    MAC_SIZE,
    MESSAGE_COOKIE_REPLY,
    MESSAGE_INITIATION,
    MESSAGE_RESPONSE,
    RESPONSE_SIZE,
)
from .errors import Drop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .crypto import Bytes

# type: (exact size, fields after the type)
_LAYOUTS = {
    # sender, ephemeral, static, timestamp, mac1, mac2
    MESSAGE_INITIATION: (INITIATION_SIZE, "<I32s48s28s16s16s"),
    # sender, receiver, ephemeral, nothing, mac1, mac2
    MESSAGE_RESPONSE: (RESPONSE_SIZE, "<II32s16s16s16s"),
    # receiver, nonce, cookie
    MESSAGE_COOKIE_REPLY: (COOKIE_REPLY_SIZE, "<I24s32s"),
}
_NO_MACS = bytes(2 * MAC_SIZE)
_ALL_BUT_MACS = {MESSAGE_INITIATION: "<II32s48s28s", MESSAGE_RESPONSE: "<III32s16s"}
MAC1_OFFSET = -2 * MAC_SIZE
MAC2_OFFSET = -MAC_SIZE


def parse(data: bytes) -> tuple[int, tuple]:  # type: ignore[type-arg]
    """Return ``(type, fields)`` of a handshake message or cookie reply.

    Raises Drop for an unknown type or a wrong length.
    """
    if len(data) < 4:
        raise Drop("malformed")
    kind = struct.unpack_from("<I", data)[0]
    size, layout = _LAYOUTS.get(kind, (0, ""))
    if len(data) != size:
        raise Drop("malformed")
    return kind, struct.unpack_from(layout, data, 4)


def initiation(sender: int, ephemeral: bytes, static: bytes, stamp: bytes) -> bytes:
    """Return an initiation of 148 bytes, with both macs zero."""
    layout = _ALL_BUT_MACS[MESSAGE_INITIATION]
    head = struct.pack(layout, MESSAGE_INITIATION, sender, ephemeral, static, stamp)
    return head + _NO_MACS


def response(sender: int, receiver: int, ephemeral: bytes, nothing: bytes) -> bytes:
    """Return a response of 92 bytes, with both macs zero."""
    layout = _ALL_BUT_MACS[MESSAGE_RESPONSE]
    head = struct.pack(layout, MESSAGE_RESPONSE, sender, receiver, ephemeral, nothing)
    return head + _NO_MACS


def cookie_reply(receiver: int, nonce: "Bytes", sealed_cookie: bytes) -> bytes:
    """Return a cookie reply of 64 bytes."""
    kind = MESSAGE_COOKIE_REPLY
    return struct.pack("<II24s32s", kind, receiver, nonce, sealed_cookie)
