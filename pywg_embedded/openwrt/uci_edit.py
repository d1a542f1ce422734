"""Edits of UCI text that keep all other bytes as they are."""

from ..control.keys import to_base64
from ..control.text import located
from ..core.errors import ConfigError
from .key_store import is_reference, parse_secret
from .options import SECRETS
from .uci import Statement, Word, parse, statements
from .uci_network import PROTOCOLS, find_section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    # Word, new text, line, description.
    Replacement = tuple[Word, str, int, str]


def change_protocol(text: str, name: str, stock: bool) -> "tuple[str, list[str]]":
    """Convert the interface ``name`` and its peers to ``pywg``, or back to the stock.

    The stock protocol does not support stored keys, so the keys themselves are written
    in their place. Returns the new text, and a line for each change. Raises ConfigError
    if there is no such interface, if it has the protocol already, or if a stored key
    cannot be read.
    """
    old, new = PROTOCOLS[::-1] if not stock else PROTOCOLS
    find_section(parse(text), name)
    replacements = list(_protocol_words(text, name, old, new))
    if not replacements:
        raise ConfigError(f"nothing to do: interface {name} already has protocol {new}")
    if stock:
        replacements += _stored_keys(text, name, old)
        replacements.sort(key=lambda replacement: replacement[2])
    changes = [f"line {line}: {change}" for _, _, line, change in replacements]
    return _replaced(text, replacements), changes


def set_option(text: str, name: str, option: str, value: str) -> str:
    """Set an option of the interface ``name``, and return the new text.

    ``value`` needs no quotes. Raises ConfigError if there is no such interface.
    """
    find_section(parse(text), name)
    heading: Word | None = None
    written = []
    for statement, kind, section in _with_sections(text):
        if (kind, section) != ("interface", name):
            continue
        if statement.command == "config":
            heading = heading or statement.words[1]
        elif statement.words[0].text == option:
            word = statement.words[1]
            if word.end > word.start:
                written.append((word, value, statement.line, option))
    if written or heading is None:
        return _replaced(text, written)
    new = f"\n\toption {option} {_like(value, heading, text)}"
    return text[: heading.end] + new + text[heading.end :]


def _protocol_words(
    text: str, name: str, old: str, new: str
) -> "Iterator[Replacement]":
    for statement, kind, section in _with_sections(text):
        first = statement.words[0]
        line = statement.line
        if statement.command == "config":
            if first.text == f"{old}_{name}":
                changed = f"{new}_{name}"
                yield first, changed, line, f"{first.text} -> {changed}"
        elif (kind, section, first.text) == ("interface", name, "proto"):
            value = statement.words[1]
            if value.text == old:
                yield value, new, line, f"{old} -> {new}"


def _stored_keys(text: str, name: str, protocol: str) -> "Iterator[Replacement]":
    for statement, kind, section in _with_sections(text):
        ours = (kind, section) == ("interface", name) or kind == f"{protocol}_{name}"
        if statement.command == "config" or not ours:
            continue
        option, value = statement.words[:2]
        if option.text in SECRETS and is_reference(value.text):
            place = f"line {statement.line}: {option.text}"
            try:
                key = to_base64(parse_secret(value.text))
            except ConfigError as error:
                raise located(place, error) from None
            yield value, key, statement.line, f"{option.text}: {value.text} -> the key"


def _with_sections(text: str) -> "Iterator[tuple[Statement, str, str]]":
    """Yield each statement, with type and name of its section."""
    kind = section = ""
    for statement in statements(text):
        if statement.command == "config":
            kind, section = (word.text for word in statement.words)
        yield statement, kind, section


def _replaced(text: str, replacements: "list[Replacement]") -> str:
    parts = []
    at = 0
    for word, new, _, _ in replacements:
        parts.append(text[at : word.start] + _like(new, word, text))
        at = word.end
    return "".join(parts) + text[at:]


def _like(new: str, word: Word, text: str) -> str:
    """Quote ``new`` as the word in ``text`` is quoted, or not.

    A ``;`` after a word has another meaning when the word is bare.
    """
    if len(word.text) == word.end - word.start:
        return new
    mark = text[word.start]
    return f'"{new}"' if mark == '"' else f"'{new}'"
