"""The C sources that are generated from tables in Python."""

import re
import runpy
from pathlib import Path

import pytest

import pywg_embedded
from pywg_embedded.core import drop_reasons
from pywg_embedded.dataplane import native

PACKAGE = Path(pywg_embedded.__file__).parent
GENERATED: dict[Path, str] = runpy.run_path(
    str(PACKAGE / "dataplane/libpywg/generate.py")
)["generated"]()
# The reasons that code in Python counts.
COUNTED = re.compile(
    r'(?:Drop|_fail|_drop)\("([^"]+)"\)|\.open\([^)]*, "([^"]+)"\)'
    r'|"(no_\w+)" (?:if|else)'
)


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_the_committed_file_is_the_generated_one(path: Path) -> None:
    assert path.read_text() == GENERATED[path], "run make generate"


def test_libpywg_counts_the_reasons_of_the_table() -> None:
    identifiers = [reason for reason, _ in drop_reasons.DATA_PLANE]
    assert identifiers == native._REASONS


def test_every_reason_in_python_is_in_the_table() -> None:
    paths = [*PACKAGE.glob("core/*.py"), *PACKAGE.glob("dataplane/reference/*.py")]
    found = {
        reason
        for path in paths
        for match in COUNTED.finditer(path.read_text())
        for reason in match.groups()
        if reason
    }
    assert len(found) > 20
    assert found <= set(drop_reasons.TEXTS)
    assert {reason for reason, _ in drop_reasons.PROTOCOL} <= found
