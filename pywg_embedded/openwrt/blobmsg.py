"""Values as ubus carries them: blobs, and blobmsg within (libubox).

A blob is four bytes, a type and its own size, then what it holds; all begin at a
multiple of four, and numbers are big-endian. In a blobmsg a name stands before that.
"""

import struct

from ..core.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_HEAD = struct.Struct(">I")
_NAME_SIZE = struct.Struct(">H")
_EXTENDED = 0x80000000
_TYPE_SHIFT, _SIZE_MASK = 24, 0xFFFFFF
UNSPEC, ARRAY, TABLE, STRING, INT64, INT32, INT16, INT8, DOUBLE = range(9)
_NUMBERS = {
    INT64: struct.Struct(">q"),
    INT32: struct.Struct(">i"),
    INT16: struct.Struct(">h"),
    DOUBLE: struct.Struct(">d"),
}
_INT32_RANGE = range(-(2**31), 2**31)
_DEEPEST = 32


class BlobmsgError(Error):
    """Not a blob, or a value that no blob holds."""


def pack_attr(kind: int, body: bytes, flags: int = 0) -> bytes:
    """One blob, padded."""
    size = _HEAD.size + len(body)
    return _HEAD.pack(flags | kind << _TYPE_SHIFT | size) + body + _padding(size)


def unpack_attrs(data: bytes) -> "Iterator[tuple[int, bytes]]":
    """Type and body of each blob in a row of them; raises BlobmsgError."""
    while data:
        kind, body, size = _first(data)
        yield kind, body
        data = data[size:]


def pack_table(values: "dict[str, Any]") -> bytes:
    """The members of a table, one behind the other."""
    return b"".join(_pack_value(name, value) for name, value in values.items())


def unpack_table(data: bytes) -> "dict[str, Any]":
    """The inverse; raises BlobmsgError. Truth values come as ``bool``."""
    return dict(_unpack_members(data, _DEEPEST))


def _pack_value(name: str, value: object) -> bytes:
    kind, body = _body(value)
    raw = name.encode()
    head = _NAME_SIZE.pack(len(raw)) + raw + b"\0"
    return pack_attr(kind, head + _padding(len(head)) + body, _EXTENDED)


def _body(value: object) -> "tuple[int, bytes]":
    if isinstance(value, bool):
        return INT8, bytes((value,))
    if isinstance(value, int):
        kind = INT32 if value in _INT32_RANGE else INT64
        return kind, _NUMBERS[kind].pack(value)
    if isinstance(value, float):
        return DOUBLE, _NUMBERS[DOUBLE].pack(value)
    if isinstance(value, str):
        return STRING, value.encode("utf-8", "replace") + b"\0"
    if isinstance(value, dict):
        return TABLE, pack_table(value)
    if isinstance(value, (list, tuple)):
        return ARRAY, b"".join(_pack_value("", one) for one in value)
    if value is None:
        return UNSPEC, b""
    raise BlobmsgError(f"{value!r} is nothing that ubus knows")


def _unpack_members(data: bytes, depth: int) -> "Iterator[tuple[str, Any]]":
    if not depth:
        raise BlobmsgError("tables within tables without end")
    for kind, body in unpack_attrs(data):
        if len(body) < _NAME_SIZE.size:
            raise BlobmsgError("a member without a name")
        size = _NAME_SIZE.unpack_from(body)[0]
        start = _NAME_SIZE.size
        name = body[start : start + size].decode("utf-8", "replace")
        yield name, _value(kind, body[_aligned(start + size + 1) :], depth)


def _value(kind: int, body: bytes, depth: int) -> "Any":
    if kind == STRING:
        return body[:-1].decode("utf-8", "replace")
    if kind == TABLE:
        return dict(_unpack_members(body, depth - 1))
    if kind == ARRAY:
        return [value for _, value in _unpack_members(body, depth - 1)]
    if kind == INT8 and body:
        return bool(body[0])
    if kind == UNSPEC:
        return None
    number = _NUMBERS.get(kind)
    if number is None or len(body) < number.size:
        raise BlobmsgError(f"a member of type {kind} that is none")
    return number.unpack_from(body)[0]


def _first(data: bytes) -> "tuple[int, bytes, int]":
    if len(data) < _HEAD.size:
        raise BlobmsgError("too short")
    head = _HEAD.unpack_from(data)[0]
    size = head & _SIZE_MASK
    if not _HEAD.size <= size <= len(data):
        raise BlobmsgError("its size is wrong")
    kind = (head & ~_EXTENDED) >> _TYPE_SHIFT
    return kind, data[_HEAD.size : size], _aligned(size)


def _padding(size: int) -> bytes:
    return bytes(_aligned(size) - size)


def _aligned(size: int) -> int:
    return (size + 3) & ~3
