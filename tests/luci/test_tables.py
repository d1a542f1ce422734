"""What is written down in Python and in LuCI's modules is the same."""

from typing import Any

from pywg_embedded.openwrt import options
from pywg_embedded.openwrt.options import (
    INTERFACE_OPTIONS,
    NETIFD_OPTIONS,
    PEER_OPTIONS,
    Kind,
    Option,
)

from .node import needs_node, printed

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
def test_both_have_the_same_table_of_options() -> None:
    table = printed("table.mjs")
    assert table["INTERFACE"] == list(map(row, INTERFACE_OPTIONS))
    assert table["PEER"] == list(map(row, PEER_OPTIONS))
    assert table["NETIFD"] == list(NETIFD_OPTIONS)
