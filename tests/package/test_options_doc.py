"""The documentation of the UCI options is that of the tables."""

from package import options_doc
from pywg_embedded.openwrt.options import INTERFACE_OPTIONS, PEER_OPTIONS


def test_generated_document_is_the_committed_one() -> None:
    assert options_doc.PATH.read_text() == options_doc.markdown(), "run 'make generate'"


def test_every_option_has_a_row() -> None:
    text = options_doc.markdown()
    for options in (INTERFACE_OPTIONS, PEER_OPTIONS):
        for option in options:
            assert f"\n| `{option.name}` | " in text
            assert option.description in text
