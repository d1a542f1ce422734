"""LuCI has a text for each drop reason."""

from pywg_embedded.core import drop_reasons

from .node import needs_node, output_of


@needs_node
def test_every_drop_reason_has_a_text() -> None:
    assert sorted(output_of("tables.mjs")["DROPS"]) == sorted(drop_reasons.TEXTS)
