"""Extraction of translatable strings, the template, and the translations."""

import re

import pytest

from luci import po
from luci.po import Message

LANGUAGES = ("de", "fr")
PLACEHOLDER = re.compile(r"%.")

# Source, and the messages in it with their lines.
SCRIPTS: tuple[tuple[str, list[tuple[int, Message]]], ...] = (
    ("x = _('one');\ny = _(\"two\")", [(1, Message("one")), (2, Message("two"))]),
    ("_('it\\'s ' +\n\t'long  and\\nbroken')", [(1, Message("it's long and broken"))]),
    ("_('one', 'of two')", [(1, Message("one", context="of two"))]),
    ("N_(count, '%d peer', '%d peers')", [(1, Message("%d peer", "%d peers"))]),
    ("x_('no'); L._('no'); /(a)_(b)/.test(s)", []),
)


@pytest.mark.parametrize("row", range(len(SCRIPTS)))
def test_messages_are_extracted_from_a_module(row: int) -> None:
    source, expected = SCRIPTS[row]
    assert list(po.in_script(source)) == expected


@pytest.mark.parametrize("source", ["_(name)", "_(`a`)", "_('')", "_('' + x)"])
def test_argument_that_is_no_literal_is_rejected(source: str) -> None:
    with pytest.raises(ValueError, match=r"^line 1: "):
        list(po.in_script(source))


def test_titles_and_descriptions_are_extracted_from_json() -> None:
    source = '{\n"a": {"title": "Status", "order": 1,\n"description": "A \\"b\\""}}'
    assert list(po.in_json(source)) == [(2, Message("Status")), (3, Message('A "b"'))]


def test_template_is_up_to_date() -> None:
    found = set(po.parse(po.TEMPLATE.read_text()))
    assert found == set(po.extract()), "run make po"


def test_languages_are_german_and_french() -> None:
    assert tuple(po.translations()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_translation_is_complete(language: str) -> None:
    translated = po.parse(po.translations()[language].read_text())
    assert set(translated) == set(po.extract())
    assert [m.text for m, forms in translated.items() if not all(forms)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_has_markup_or_entities(language: str) -> None:
    # LuCI parses titles and descriptions as HTML.
    for message, forms in po.parse(po.translations()[language].read_text()).items():
        for text in (*message, *forms):
            assert not re.search(r"<|&\w+;|&#", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_translation_has_the_same_placeholders_in_the_same_order(language: str) -> None:
    for message, forms in po.parse(po.translations()[language].read_text()).items():
        for form in forms:
            assert PLACEHOLDER.findall(form) == PLACEHOLDER.findall(message.text), form
