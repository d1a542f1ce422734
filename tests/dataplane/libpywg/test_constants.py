"""The numbers in wireguard.h are those of core/constants.py."""

import re
from pathlib import Path

import pytest

from pywg_embedded.core import constants

HEADER = Path(constants.__file__).parents[1] / "dataplane/libpywg/src/wireguard.h"
SUFFIXES = re.compile(r"U?INT64_C\((\d+)\)")


def definitions(header: str) -> dict[str, str]:
    """The C expressions by their names."""
    joined = header.replace("\\\n", " ")
    return dict(re.findall(r"^#define +(\w+)[ \t]+(\S.*)$", joined, re.MULTILINE))


DEFINED = definitions(HEADER.read_text())


def value(expression: str) -> int:
    """Of an expression that C and Python read alike."""
    known = {name: vars(constants)[name] for name in DEFINED}
    text = SUFFIXES.sub(r"\1", expression)
    result: int = eval(text, {"UINT64_MAX": 2**64 - 1, **known})
    return result


@pytest.mark.parametrize("name", DEFINED)
def test_number_is_the_same_in_c(name: str) -> None:
    assert value(DEFINED[name]) == vars(constants)[name]


def test_definitions_are_found_over_more_than_one_line() -> None:
    header = "#ifndef A_H\n#define A_H\n#define ONE 1\n#define SUM \\\n\t(ONE + 1)\n"
    assert definitions(header) == {"ONE": "1", "SUM": "(ONE + 1)"}


def test_the_numbers_that_packets_live_by_are_there() -> None:
    wanted = {"TRANSPORT_HEADER_SIZE", "REJECT_AFTER_MESSAGES", "REPLAY_WINDOW_SIZE"}
    assert wanted <= set(DEFINED)
