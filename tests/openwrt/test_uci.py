"""UCI text: parsed as by libuci; formatted text is parsed to the same sections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt.uci import Section, format_sections, parse, statements

# Text, and its sections as (type, name, options), as parsed by libuci.
READ: tuple[tuple[str, list[tuple[str, str, dict[str, object]]]], ...] = (
    ("", []),
    ("\n# nothing\n  # here\n", []),
    ("package network\nconfig a\n", [("a", "", {})]),
    ("config a b", [("a", "b", {})]),
    ("config a ''\n", [("a", "", {})]),
    ("config 'a' \"b\"\n", [("a", "b", {})]),
    ("c a b\no k v\nl m w\n", [("a", "b", {"k": "v", "m": ["w"]})]),
    ("config a\r\n\toption k v\r\n", [("a", "", {"k": "v"})]),
    ("config a\noption k 'v w'\n", [("a", "", {"k": "v w"})]),
    ("config a\noption k it\\'s\n", [("a", "", {"k": "it's"})]),
    ("config a\noption k 'it'\\''s'\n", [("a", "", {"k": "it's"})]),
    ("config a\noption k 'a'\"b\"c\n", [("a", "", {"k": "abc"})]),
    ("config a\noption k 'a\\b'\n", [("a", "", {"k": "a\\b"})]),
    ('config a\noption k "a\\"b"\n', [("a", "", {"k": 'a"b'})]),
    ("config a\noption k a\\ b\n", [("a", "", {"k": "a b"})]),
    ("config a\noption k 'a\nb'\n", [("a", "", {"k": "a\nb"})]),
    ("config a\noption k a\\\nb\n", [("a", "", {"k": "ab"})]),
    ("config a\noption k a\\\r\nb\n", [("a", "", {"k": "ab"})]),
    ('config a\noption k "a\\\nb"\n', [("a", "", {"k": "ab"})]),
    ("config a\noption k v # why\n", [("a", "", {"k": "v"})]),
    ("config a\noption k v#why\n", [("a", "", {"k": "v"})]),
    ("config a\noption k '#v'\n", [("a", "", {"k": "#v"})]),
    ("config a b ; option k v ; list m w\n", [("a", "b", {"k": "v", "m": ["w"]})]),
    ("config 'a' 'b';option 'k' 'v'\n", [("a", "b", {"k": "v"})]),
    # A ; directly after a bare word ends the line.
    ("config a\noption k v;option m w\n", [("a", "", {"k": "v"})]),
    ("config a\noption k;option m w\n", [("a", "", {})]),
    ("config a\noption k\noption m ''\n", [("a", "", {})]),
    ("config a\noption k v\noption k ''\n", [("a", "", {"k": "v"})]),
    ("config a\noption k v\noption k w\n", [("a", "", {"k": "w"})]),
    ("config a\nlist k v\nlist k w\n", [("a", "", {"k": ["v", "w"]})]),
    ("config a\noption k v\nlist k w\n", [("a", "", {"k": ["v", "w"]})]),
    ("config a\nlist k v\noption k w\n", [("a", "", {"k": "w"})]),
    ("config a\nlist k ''\n", [("a", "", {"k": [""]})]),
    (
        "config a b\noption k v\nconfig a c\nconfig a b\noption m w\n",
        [("a", "b", {"k": "v", "m": "w"}), ("a", "c", {})],
    ),
    ("config a\nconfig a\n", [("a", "", {}), ("a", "", {})]),
    ("config a\noption k é\n", [("a", "", {"k": "é"})]),
)

# Text that libuci refuses, start of the error message.
REFUSED = (
    ("config a\noption k a\\\n b\n", "line 2: unexpected word 'b'"),
    ("config a\n\noption k v w\n", "line 3: unexpected word 'w'"),
    ("config a ; option k v\n", "line 1: unexpected word 'option'"),
    ("option k v\n", "line 1: 'option' before the first 'config'"),
    ("list k v\n", "line 1: 'list' before the first 'config'"),
    (
        "config\n",
        "line 1: unknown command 'config\\n' (expected one of package, config, "
        "option, list)",
    ),
    ("config \n", "line 1: 'config' needs a name"),
    ("config ;\n", "line 1: 'config' needs a name"),
    ("config a\noption ''\n", "line 2: 'option' needs a name"),
    ("package \n", "line 1: 'package' needs a name"),
    ("conf a\n", "line 1: unknown command 'conf'"),
    ("config a\noption k 'v\n\n", "line 2: unterminated ' (opened in line 2)"),
    ('config a\noption k "v', 'line 2: unterminated " (opened in line 2)'),
    ("config a\noption k-l v\n", "line 2: invalid name for an option: 'k-l'"),
    ("config a b-c\n", "line 1: invalid name for a section: 'b-c'"),
    ("config 'a b'\n", "line 1: invalid name for a type: 'a b'"),
    ("package a/b\n", "line 1: invalid name for a package: 'a/b'"),
    ("config a b\nconfig c b\n", "line 2: section 'b' already has the type 'a'"),
    # The line break is parsed as a command.
    ("config a\noption k 'v';\n", "line 2: unknown command '\\n'"),
)


def plain(sections: list[Section]) -> list[tuple[str, str, dict[str, object]]]:
    return [(s.type, s.name, dict(s.options)) for s in sections]


def result(text: str) -> str:
    try:
        return repr(plain(parse(text)))
    except ConfigError as error:
        return str(error)


@pytest.mark.parametrize("text, expected", READ, ids=[repr(text) for text, _ in READ])
def test_text_is_parsed_as_by_libuci(
    text: str, expected: list[tuple[str, str, dict[str, object]]]
) -> None:
    assert plain(parse(text)) == expected


@pytest.mark.parametrize(
    "text, expected", REFUSED, ids=[repr(text) for text, _ in REFUSED]
)
def test_text_is_refused_with_the_line_when_libuci_refuses_it(
    text: str, expected: str
) -> None:
    assert result(text).startswith(expected)


def test_message_hides_a_misplaced_key() -> None:
    text = "config a\noption k v " + "A" * 43 + "=\n"
    assert "unexpected word (key not shown)" in result(text)


def test_values_are_those_of_an_option_or_a_list() -> None:
    section = parse("config a\noption k 'v w'\nlist m v\nlist m w\n")[0]
    assert section.values("k") == ["v w"]
    assert section.values("m") == ["v", "w"]
    assert section.values("n") == []


def test_words_have_their_position_in_the_text() -> None:
    text = "config a\n\toption k 'v'\\''w' # why\n"
    words = [word for s in statements(text) for word in s.words if word.text]
    assert [text[word.start : word.end] for word in words] == ["a", "k", "'v'\\''w'"]


CANONICAL = """package network

config interface 'lan'
\toption proto 'static'
\tlist dns '192.0.2.1'
\tlist dns '192.0.2.2'

config route
\toption target 'it'\\''s'

"""


def test_canonical_text_is_unchanged_when_parsed_and_formatted() -> None:
    assert format_sections(parse(CANONICAL), "network") == CANONICAL


names = st.from_regex(r"[A-Za-z0-9_]{1,8}", fullmatch=True)
types = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.one_of(texts.filter(bool), st.lists(texts, min_size=1))


@st.composite
def sections(draw: st.DrawFn) -> list[Section]:
    found: list[Section] = []
    for name in draw(st.lists(st.one_of(names, st.just("")), max_size=4)):
        if name in [section.name for section in found if name]:
            continue
        section = Section(draw(types), name)
        section.options.update(draw(st.dictionaries(names, values, max_size=4)))
        found.append(section)
    return found


@given(sections())
def test_formatted_sections_are_parsed_to_the_same(wanted: list[Section]) -> None:
    text = format_sections(wanted)
    assert plain(parse(text)) == plain(wanted)
    assert format_sections(parse(text)) == text


@given(st.text("cola'\"\\;# \t\r\nconfigoptionlist"))
def test_any_text_is_parsed_or_refused_with_the_line(text: str) -> None:
    try:
        parse(text)
    except ConfigError as error:
        assert str(error).startswith("line ")
