"""Parse DNS queries and build replies, without input and output."""

import socket
import struct

Records = dict[str, list[str]]

_HEADER = struct.Struct("!6H")
_ANSWER, _NXDOMAIN = 0x8580, 0x8583
_FAMILIES = {1: socket.AF_INET, 28: socket.AF_INET6}  # A and AAAA
_INTERNET = 1
_NAME_OF_QUESTION = 0xC000 | _HEADER.size


def name_in(query: bytes) -> str:
    """Return the host name of a query."""
    return _read_name(query)[0]


def answer(query: bytes, records: Records) -> bytes:
    """Return the reply to a query; a name that ``records`` lacks gets NXDOMAIN."""
    name, end = _read_name(query)
    kind = struct.unpack_from("!H", query, end)[0]
    addresses = records.get(name)
    wanted = [data for data in map(_pack_record, addresses or []) if data[0] == kind]
    flags = _NXDOMAIN if addresses is None else _ANSWER
    identity = struct.unpack_from("!H", query)[0]
    parts = [_HEADER.pack(identity, flags, 1, len(wanted), 0, 0)]
    parts.append(query[_HEADER.size : end + 4])
    for _, data in wanted:
        head = (_NAME_OF_QUESTION, kind, _INTERNET, 0, len(data))
        parts.append(struct.pack("!HHHIH", *head) + data)
    return b"".join(parts)


def _pack_record(address: str) -> tuple[int, bytes]:
    """Return the record type and data for an address."""
    kind = 28 if ":" in address else 1
    return kind, socket.inet_pton(_FAMILIES[kind], address)


def _read_name(query: bytes) -> tuple[str, int]:
    """Return the host name of a query and the offset of its end."""
    labels = []
    at = _HEADER.size
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), at + 1
