"""Translations as LuCI reads them: a table of hashed strings, behind what they become.

All numbers are big-endian and of 32 bits. An entry is the hash of the string, how many
forms it has, and where the form is, of how many bytes; the table's place comes last.
"""

import re
import struct
from collections.abc import Iterator

from luci.po import Message, parse

_CONTEXT_END, _FORM = "\1", "\2"
# LuCI finds by this what tells the plural forms apart.
_RULE_KEY = 0
_RULE = re.compile(r'^"Plural-Forms: (.*)\\n"$', re.MULTILINE)


def compile_po(po: str) -> bytes:
    """The content of an .lmo file from that of a .po file."""
    strings, table = b"", []
    for key, forms, text in _entries(po):
        table.append(struct.pack(">4L", key, forms, len(strings), len(text)))
        strings += text + bytes(-len(text) % 4)
    # By the hash, which comes first.
    return strings + b"".join(sorted(table)) + struct.pack(">L", len(strings))


def _entries(po: str) -> Iterator[tuple[int, int, bytes]]:
    """Key, number of forms, and text, of all that is not the same as translated."""
    for rule in _RULE.findall(po):
        yield _RULE_KEY, 0, rule.encode()
    for message, forms in parse(po).items():
        for number, form in enumerate(forms):
            key, text = super_fast_hash(_name(message, number)), form.encode()
            if form and key != super_fast_hash(text):
                yield key, len(forms), text


def _name(message: Message, form: int) -> bytes:
    context = message.context + _CONTEXT_END if message.context else ""
    number = f"{_FORM}{form}" if message.plural else ""
    return f"{context}{message.text}{number}".encode()


def super_fast_hash(data: bytes) -> int:
    """Paul Hsieh's SuperFastHash of ``data``, beginning with its length."""
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
    """Up to three bytes, of which an odd one has a sign."""
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
