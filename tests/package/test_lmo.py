"""The .lmo format; the expected hashes are those of LuCI's po2lmo."""

import struct

import pytest

from package.builder.lmo import compile_po, super_fast_hash

PO = r"""msgid ""
msgstr ""
"Language: de\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgctxt "ctx"
msgid "one \"peer\""
msgid_plural "%d peers"
msgstr[0] "ein Gerät"
msgstr[1] "%d Geräte"

msgid "same"
msgstr "same"

msgid "empty"
msgstr ""

msgid "Ölä"
msgstr "Öl"
"""
RULE = b"nplurals=2; plural=(n != 1);"


def unpacked(lmo: bytes) -> dict[int, tuple[int, bytes]]:
    """Return number of plural forms and text, by key."""
    (at,) = struct.unpack(">L", lmo[-4:])
    table = struct.iter_unpack(">4L", lmo[at:-4])
    return {key: (n, lmo[start : start + size]) for key, n, start, size in table}


@pytest.mark.parametrize(
    "text, value",
    [
        ("p", 0xA013CEB3),
        ("pe", 0x075626DB),
        ("pee", 0x50C3C464),
        ("peer", 0xFFD22536),
        ("Peer %s", 0x4FB2BC5F),
        ("Interface %s", 0xF132BDF8),
        ("Ö", 0x66163A59),
        ("aÖ", 0xB2C539DB),
        ("abÖ", 0x549FFEF0),
        ("Schlüssel", 0x9591B281),
    ],
)
def test_hash_equals_that_of_luci(text: str, value: int) -> None:
    assert super_fast_hash(text.encode()) == value


def test_each_plural_form_has_a_key() -> None:
    assert unpacked(compile_po(PO)) == {
        0: (0, RULE),
        super_fast_hash(b'ctx\1one "peer"\0020'): (2, "ein Gerät".encode()),
        super_fast_hash(b'ctx\1one "peer"\0021'): (2, "%d Geräte".encode()),
        super_fast_hash("Ölä".encode()): (1, "Öl".encode()),
    }


def test_keys_are_sorted_and_texts_aligned() -> None:
    lmo = compile_po(PO)
    (at,) = struct.unpack(">L", lmo[-4:])
    table = list(struct.iter_unpack(">4L", lmo[at:-4]))
    assert table == sorted(table)
    assert all(start % 4 == 0 for _, _, start, _ in table)


def test_table_is_empty_without_translations() -> None:
    assert compile_po('msgid "a"\nmsgstr ""\n') == bytes(4)
