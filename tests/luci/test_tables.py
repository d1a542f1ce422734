"""Tables in Python, C or shell equal those of the LuCI modules."""

import re
from pathlib import Path
from typing import Any

from pywg_embedded.daemon.openwrt.service import ERRORS
from pywg_embedded.daemon.status.diagnosis import CODES
from pywg_embedded.openwrt import options
from pywg_embedded.openwrt.options import (
    INTERFACE_OPTIONS,
    NETIFD_OPTIONS,
    PEER_OPTIONS,
    Kind,
    Option,
)

from .node import needs_node, output_of

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pywg_embedded"
HANDLER = ROOT / "package/pywg-embedded/files/pywg.sh"
IN_PYTHON = re.compile(r'Drop\("([^"]+)"\)|\.open\([^)]*, "([^"]+)"\)')
IN_C = re.compile(r'X\([A-Z0-9_]+, "([^"]+)"\)')
IN_SHELL = re.compile(r"notify_error.* ([A-Z_]+) ")

KINDS = {
    kind: name.lower() for name, kind in vars(options).items() if isinstance(kind, Kind)
}
SEPARATORS = {"": "", " \t\n,": r"[ \t\n,]+", " \t\n": r"[ \t\n]+"}


def row(option: Option) -> dict[str, Any]:
    is_absent = option.default in (None, ())
    return {
        "name": option.name,
        "kind": KINDS[option.kind],
        "fallback": None if is_absent else option.kind.format(option.default),
        "separators": SEPARATORS[option.separators],
    }


@needs_node
def test_option_tables_are_equal() -> None:
    table = output_of("tables.mjs")
    assert table["INTERFACE"] == list(map(row, INTERFACE_OPTIONS))
    assert table["PEER"] == list(map(row, PEER_OPTIONS))
    assert table["NETIFD"] == list(NETIFD_OPTIONS)


def found(pattern: re.Pattern[str], *paths: Path) -> set[str]:
    return {
        next(filter(None, match.groups()))
        for path in paths
        for match in pattern.finditer(path.read_text())
    }


@needs_node
def test_every_peer_state_has_a_text() -> None:
    assert sorted(output_of("tables.mjs")["STATES"]) == sorted(CODES)


@needs_node
def test_every_drop_reason_has_a_text() -> None:
    reasons = found(IN_C, PACKAGE / "dataplane/libpywg/src/drop_reasons.h")
    reasons |= found(IN_PYTHON, *PACKAGE.glob("core/*.py"))
    assert sorted(output_of("tables.mjs")["DROPS"]) == sorted(reasons)


@needs_node
def test_every_interface_error_has_a_text() -> None:
    errors = found(IN_SHELL, HANDLER) | set(ERRORS)
    assert sorted(output_of("tables.mjs")["ERRORS"]) == sorted(errors)
