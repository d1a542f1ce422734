"""The constants of wireguard.h are equal to those of core/constants.py."""

import re
from pathlib import Path

import pytest

from pywg_embedded.core import constants

HEADER = Path(constants.__file__).parents[1] / "dataplane/libpywg/src/wireguard.h"
SUFFIXES = re.compile(r"U?INT64_C\((\d+)\)")


def definitions(header: str) -> dict[str, str]:
    """Return the C expressions by their names."""
    joined = header.replace("\\\n", " ")
    return dict(re.findall(r"^#define +(\w+)[ \t]+(\S.*)$", joined, re.MULTILINE))


DEFINED = definitions(HEADER.read_text())


def value(expression: str) -> int:
    """Evaluate an expression that is valid in C and in Python."""
    known = {name: vars(constants)[name] for name in DEFINED}
    text = SUFFIXES.sub(r"\1", expression)
    result: int = eval(text, {"UINT64_MAX": 2**64 - 1, **known})
    return result


@pytest.mark.parametrize("name", DEFINED)
def test_constant_is_equal_in_c(name: str) -> None:
    assert value(DEFINED[name]) == vars(constants)[name]


def test_definition_is_found_when_it_spans_lines() -> None:
    header = "#ifndef A_H\n#define A_H\n#define ONE 1\n#define SUM \\\n\t(ONE + 1)\n"
    assert definitions(header) == {"ONE": "1", "SUM": "(ONE + 1)"}


def test_constants_of_transport_data_are_compared() -> None:
    wanted = {"TRANSPORT_HEADER_SIZE", "REJECT_AFTER_MESSAGES", "REPLAY_WINDOW_SIZE"}
    assert wanted <= set(DEFINED)
