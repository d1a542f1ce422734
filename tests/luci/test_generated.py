"""LuCI's generated modules are those of Python's tables."""

import re
from pathlib import Path

import pytest

from luci import generate
from pywg_embedded.core import drop_reasons

DIAGNOSIS = generate.RESOURCES / "status/diagnosis.js"


@pytest.mark.parametrize("path", generate.FILES, ids=lambda path: path.name)
def test_generated_module_is_the_committed_one(path: Path) -> None:
    assert path.read_text() == generate.FILES[path](), "run 'make generate'"


def keys_of(constant: str) -> set[str]:
    """The keys of an object that a constant of diagnosis.js is."""
    text = DIAGNOSIS.read_text()
    found = re.search(rf"^const {constant} = {{\n(.*?)^}};$", text, re.M | re.S)
    assert found
    return set(re.findall(r"^\t(\w+): ", found[1], re.MULTILINE))


@pytest.mark.parametrize(
    "constant, codes",
    [
        pytest.param("STATES", generate.peer_states(), id="states"),
        pytest.param("ERRORS", generate.interface_errors(), id="errors"),
        pytest.param("DROPS", list(drop_reasons.TEXTS), id="drops"),
    ],
)
def test_texts_exist_for_exactly_the_codes(constant: str, codes: list[str]) -> None:
    assert keys_of(constant) == set(codes)
