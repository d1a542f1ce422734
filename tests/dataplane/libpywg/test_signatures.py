"""The table of signatures and the structure layouts match pywg.h."""

import re
import struct
from pathlib import Path

import pytest

from pywg_embedded import dataplane
from pywg_embedded.core.constants import INITIATION_SIZE
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.dataplane import events, layouts
from pywg_embedded.dataplane.signatures import SIGNATURES

HEADER_PATH = Path(dataplane.__file__).parent / "libpywg/include/pywg.h"
HEADER = re.sub(r"/\*.*?\*/", "", HEADER_PATH.read_text(), flags=re.DOTALL)

LETTERS = {"int": "i", "uint32_t": "I", "uint64_t": "Q", "void": ""}
# Bytes, which are also the alignment.
FIELDS = {"uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "uint64_t": 8}


def letter(declaration: str, is_result: bool = False) -> str:
    """Return the letter of a C type, with or without a parameter name."""
    if "*" in declaration:
        return "s" if is_result else "p"
    return LETTERS[declaration.split()[0]]


def prototypes() -> list[tuple[str, str, str]]:
    found = re.findall(r"PYWG_API ([\w ]+[ *])pywg_(\w+)\((.*?)\);", HEADER, re.DOTALL)
    return [
        (name, letter(result, True), "".join(map(letter, arguments.split(","))))
        for result, name, arguments in found
    ]


def fields(name: str) -> list[tuple[str, str, int]]:
    """Return (type, name, count) of each field of a structure, in order."""
    body = re.search(rf"struct {name} \{{(.*?)\}};", HEADER, re.DOTALL)
    assert body is not None
    found = re.findall(r"(struct \w+|\w+) (\w+)(?:\[(\d+)\])?;", body[1])
    return [(kind, field, int(count or 1)) for kind, field, count in found]


def offsets(name: str) -> dict[str, int]:
    """Return the offsets of the fields without padding, and the total size at ""."""
    at, places = 0, {}
    for kind, field, count in fields(name):
        places[field] = at
        at += count * size(kind)
    return {**places, "": at}


def size(kind: str) -> int:
    return offsets(kind[7:])[""] if kind.startswith("struct ") else FIELDS[kind]


def alignment(kind: str) -> int:
    if kind.startswith("struct "):
        return max(alignment(inner) for inner, _, _ in fields(kind[7:]))
    return FIELDS[kind]


STRUCTURES = ("pywg_endpoint", "pywg_facts", "pywg_allowed_ip", "pywg_event")


def test_table_has_exactly_the_functions_of_the_header() -> None:
    assert list(SIGNATURES) == prototypes()


@pytest.mark.parametrize("name", STRUCTURES)
def test_structures_have_no_padding(name: str) -> None:
    places = offsets(name)
    for kind, field, _ in fields(name):
        assert places[field] % alignment(kind) == 0, field
    assert places[""] % alignment(f"struct {name}") == 0


# (structure, field or "" for the total size, offset in the binding)
OFFSETS = (
    ("pywg_endpoint", "", layouts.ENDPOINT_SIZE),
    ("pywg_allowed_ip", "", layouts.ALLOWED_IP_SIZE),
    ("pywg_facts", "endpoint", layouts.FACTS_ENDPOINT_AT),
    ("pywg_facts", "", layouts.FACTS_SIZE),
    ("pywg_event", "data", layouts.EVENT_DATA_AT),
    ("pywg_event", "endpoint", layouts.EVENT_ENDPOINT_AT),
    ("pywg_event", "", layouts.EVENT_SIZE),
)


@pytest.mark.parametrize("structure, field, offset", OFFSETS)
def test_offset_is_equal_in_the_header(structure: str, field: str, offset: int) -> None:
    assert offsets(structure)[field] == offset


def test_facts_have_the_order_of_the_structure() -> None:
    names = [field for _, field, _ in fields("pywg_facts")][:9]
    data = bytearray(layouts.FACTS_SIZE)
    struct.pack_into(layouts.FACTS, data, 0, *range(1, 10))
    facts = layouts.unpack_facts(data)
    assert [getattr(facts, name) for name in names] == list(range(1, 10))
    assert facts.endpoint is None


ENDPOINTS = (
    Endpoint(b"\x0a\0\0\1", 65535),
    Endpoint(b"\x0a\0\0\1", 1, 0, b"\x0a\0\0\2", 7),
    Endpoint(bytes(range(16)), 51820, 2**32 - 1, bytes(range(16, 32)), 3),
)


def as_tuple(endpoint: Endpoint) -> tuple[object, ...]:
    return tuple(getattr(endpoint, name) for name in Endpoint.__slots__)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=("short", "source", "ipv6"))
def test_endpoint_is_unpacked_as_packed(endpoint: Endpoint) -> None:
    data = bytearray(b"?" + layouts.pack_endpoint(endpoint))
    unpacked = layouts.unpack_endpoint(data, 1)
    assert unpacked is not None
    assert as_tuple(unpacked) == as_tuple(endpoint)


def test_event_kinds_match_the_header() -> None:
    kinds = dict(re.findall(r"PYWG_(\w+)\s*=\s*(\d+)", HEADER))
    values = {name: kind for name, kind in vars(events).items() if name.isupper()}
    assert {name: int(kinds[name]) for name in values} == values
    assert ("uint8_t", "data", INITIATION_SIZE) in fields("pywg_event")
