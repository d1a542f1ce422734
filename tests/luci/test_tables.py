"""LuCI has a text for each drop reason of Python and C."""

import re
from pathlib import Path

from .node import needs_node, output_of

PACKAGE = Path(__file__).parents[2] / "pywg_embedded"
IN_PYTHON = re.compile(r'Drop\("([^"]+)"\)|\.open\([^)]*, "([^"]+)"\)')
IN_C = re.compile(r'X\([A-Z0-9_]+, "([^"]+)"\)')


def found(pattern: re.Pattern[str], *paths: Path) -> set[str]:
    return {
        next(filter(None, match.groups()))
        for path in paths
        for match in pattern.finditer(path.read_text())
    }


@needs_node
def test_every_drop_reason_has_a_text() -> None:
    reasons = found(IN_C, PACKAGE / "dataplane/libpywg/src/drop_reasons.h")
    reasons |= found(IN_PYTHON, *PACKAGE.glob("core/*.py"))
    assert sorted(output_of("tables.mjs")["DROPS"]) == sorted(reasons)
