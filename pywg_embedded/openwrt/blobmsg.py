"""The encoding of ubus messages: blob attributes, and blobmsg values in them (libubox).

A blob attribute has a header of four bytes with its type and size, and is padded to a
multiple of four bytes. In a blobmsg attribute the name precedes the value. Numbers are
big-endian.
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
_MAX_DEPTH = 32


class BlobmsgError(Error):
    """Data is not a valid blobmsg, or a value has no encoding in it."""


def pack_attr(kind: int, body: bytes, flags: int = 0) -> bytes:
    """Return one attribute, padded. ``flags`` are bits of the header."""
    size = _HEAD.size + len(body)
    return _HEAD.pack(flags | kind << _TYPE_SHIFT | size) + body + _padding(size)


def unpack_attrs(data: bytes) -> "Iterator[tuple[int, bytes]]":
    """Yield type and content of each attribute in ``data``.

    Raises BlobmsgError if a header is invalid.
    """
    at = 0
    while at < len(data):
        if len(data) - at < _HEAD.size:
            raise BlobmsgError("truncated header")
        head = _HEAD.unpack_from(data, at)[0]
        size = head & _SIZE_MASK
        if not _HEAD.size <= size <= len(data) - at:
            raise BlobmsgError(
                f"invalid size {size} (expected {_HEAD.size} to {len(data) - at})"
            )
        kind = (head & ~_EXTENDED) >> _TYPE_SHIFT
        yield kind, data[at + _HEAD.size : at + size]
        at += _aligned(size)


def pack_table(values: "dict[str, Any]") -> bytes:
    """Return the encoded members of a table.

    Raises BlobmsgError if a value has no encoding.
    """
    return b"".join(_pack_value(name, value) for name, value in values.items())


def unpack_table(data: bytes) -> "dict[str, Any]":
    """Decode the members of a table; values of type INT8 become ``bool``.

    Raises BlobmsgError if the data is invalid, or nested too deeply.
    """
    return dict(_unpack_members(data, _MAX_DEPTH))


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
        return ARRAY, b"".join(_pack_value("", element) for element in value)
    if value is None:
        return UNSPEC, b""
    raise BlobmsgError(f"no blobmsg type for {type(value).__name__}")


def _unpack_members(data: bytes, depth: int) -> "Iterator[tuple[str, Any]]":
    if not depth:
        raise BlobmsgError(f"more than {_MAX_DEPTH} nested tables")
    for kind, body in unpack_attrs(data):
        if len(body) < _NAME_SIZE.size:
            raise BlobmsgError("attribute without a name")
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
    layout = _NUMBERS.get(kind)
    if layout is None or len(body) < layout.size:
        raise BlobmsgError(f"invalid attribute of type {kind}")
    return layout.unpack_from(body)[0]


def _padding(size: int) -> bytes:
    return bytes(_aligned(size) - size)


def _aligned(size: int) -> int:
    return (size + 3) & ~3
