"""What a shared library asks of the loader, read from the file itself."""

import struct

_DYNAMIC = 2  # PT_DYNAMIC
_LOAD = 1  # PT_LOAD
_NEEDED, _STRING_TABLE = 1, 5  # DT_NEEDED, DT_STRTAB
# The formats of a word, of a program header and of the file header after e_ident, and
# the places of (type, offset, address, size in the file) in a program header.
_CLASSES = {
    1: ("I", "8I", "HHIIIIIHHHHHH", (0, 1, 2, 4)),
    2: ("Q", "2I6Q", "HHIQQQIHHHHHH", (0, 2, 3, 5)),
}
_ORDERS = {1: "<", 2: ">"}


def needed_libraries(content: bytes) -> list[str]:
    """Return the sonames that an ELF file needs (DT_NEEDED), in the order of the file.

    Raises ValueError if ``content`` is no ELF file with a dynamic section.
    """
    if len(content) < 16 or content[:4] != b"\x7fELF" or content[4] not in _CLASSES:
        raise ValueError("not an ELF file")
    word, header, file_header, places = _CLASSES[content[4]]
    order = _ORDERS[content[5]]
    fields = struct.unpack_from(order + file_header, content, 16)
    start, size, count = fields[4], fields[8], fields[9]
    segments = [
        tuple(values[place] for place in places)
        for values in (
            struct.unpack_from(order + header, content, start + index * size)
            for index in range(count)
        )
    ]
    entries = list(_dynamic_entries(content, order + 2 * word, segments))
    (table,) = [value for tag, value in entries if tag == _STRING_TABLE]
    names = _file_offset(table, segments)
    starts = [names + value for tag, value in entries if tag == _NEEDED]
    return [content[at : content.index(b"\0", at)].decode() for at in starts]


def _dynamic_entries(
    content: bytes, entry: str, segments: list[tuple[int, ...]]
) -> list[tuple[int, int]]:
    for kind, offset, _, size in segments:
        if kind == _DYNAMIC:
            section = content[offset : offset + size]
            return [(tag, value) for tag, value in struct.iter_unpack(entry, section)]
    raise ValueError("no dynamic section")


def _file_offset(address: int, segments: list[tuple[int, ...]]) -> int:
    for kind, offset, start, size in segments:
        if kind == _LOAD and start <= address < start + size:
            return offset + address - start
    raise ValueError("address outside of the file")
