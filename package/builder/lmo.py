"""The .lmo files that LuCI reads translations from: texts, then a table of hashes.

All numbers are big-endian and have 32 bits. An entry of the table holds the hash of
the message, the number of its plural forms, and the offset and size of the text. The
file ends with the offset of the table.
"""

import re
import struct
from collections.abc import Iterator

from luci.po import Message, parse

_CONTEXT_END, _FORM = "\1", "\2"
# The key under which LuCI looks for the plural rule.
_RULE_KEY = 0
_RULE = re.compile(r'^"Plural-Forms: (.*)\\n"$', re.MULTILINE)


def compile_po(po: str) -> bytes:
    """Return the content of the .lmo file for that of a .po file."""
    strings, table = b"", []
    for key, forms, text in _entries(po):
        table.append(struct.pack(">4L", key, forms, len(strings), len(text)))
        strings += text + bytes(-len(text) % 4)
    # Sorted by the hash, the first field.
    return strings + b"".join(sorted(table)) + struct.pack(">L", len(strings))


def _entries(po: str) -> Iterator[tuple[int, int, bytes]]:
    """Yield key, number of plural forms and text of each string that differs."""
    for rule in _RULE.findall(po):
        yield _RULE_KEY, 0, rule.encode()
    for message, forms in parse(po).items():
        for index, form in enumerate(forms):
            key, text = super_fast_hash(_name(message, index)), form.encode()
            if form and key != super_fast_hash(text):
                yield key, len(forms), text


def _name(message: Message, form: int) -> bytes:
    context = message.context + _CONTEXT_END if message.context else ""
    plural = f"{_FORM}{form}" if message.plural else ""
    return f"{context}{message.text}{plural}".encode()


def super_fast_hash(data: bytes) -> int:
    """Return Paul Hsieh's SuperFastHash of ``data``, seeded with its length."""
    value = len(data)
    whole = len(data) // 4 * 4
    for low, high in struct.iter_unpack("<HH", data[:whole]):
        value = _word(value + low)
        value = _word(value << 16 ^ high << 11 ^ value)
        value = _word(value + (value >> 11))
    value = _with_rest(value, data[whole:])
    for left, right in ((3, 5), (4, 17), (25, 6)):
        value = _mixed(value, left, right)
    return value


def _with_rest(value: int, rest: bytes) -> int:
    """Mix in the last one to three bytes; a single last byte is signed."""
    if len(rest) > 1:
        value += int.from_bytes(rest[:2], "little")
    last = int.from_bytes(rest[-1:], signed=True)
    match len(rest):
        case 3:
            value = _word(value ^ value << 16 ^ last << 18)
            return _word(value + (value >> 11))
        case 2:
            return _mixed(value, 11, 17)
        case 1:
            return _mixed(value + last, 10, 1)
    return value


def _mixed(value: int, left: int, right: int) -> int:
    value = _word(value)
    value = _word(value ^ value << left)
    return _word(value + (value >> right))


def _word(value: int) -> int:
    return value & 0xFFFFFFFF
