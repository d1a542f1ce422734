"""Edits of UCI text that keep all other bytes as they are."""

from ..control.keys import to_base64
from ..control.text import located
from ..core.errors import ConfigError
from .key_store import is_reference, parse_secret, reference_name
from .options import SECRETS
from .uci import Statement, Word, parse, statements
from .uci_network import PROTOCOL, PROTOCOLS, find_section, peer_types

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


def remove_interface(text: str, name: str) -> "tuple[str, list[str], set[str]]":
    """Remove the interface ``name`` and its peers.

    Returns the new text, a line for each removed section, and the names of the stored
    keys that the sections refer to. Raises ConfigError if there is no such interface,
    or if it has the stock protocol.
    """
    if PROTOCOL not in find_section(parse(text), name).values("proto"):
        raise ConfigError(f"interface {name} does not have protocol {PROTOCOL}")
    changes: list[str] = []
    keys: set[str] = set()
    spans: list[tuple[int, int]] = []
    found = list(_with_sections(text))
    starts = [_start_of(statement, text) for statement, _, _ in found] + [len(text)]
    for at, (statement, kind, section) in enumerate(found):
        is_peer = kind in peer_types(name)
        if not is_peer and (kind, section) != ("interface", name):
            continue
        end = min(_end_of_line(statement, text), starts[at + 1])
        if statement.command == "config":
            role = f"peer {section or '(unnamed)'}" if is_peer else f"interface {name}"
            changes.append(f"line {statement.line}: removed {role}")
            spans.append((_without_blanks(starts[at], text), end))
        else:
            keys |= _key_names(statement)
            spans[-1] = (spans[-1][0], end)
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text, changes, keys


def _key_names(statement: Statement) -> "set[str]":
    option, value = statement.words[:2]
    if option.text not in SECRETS or not is_reference(value.text):
        return set()
    try:
        return {reference_name(value.text)}
    except ConfigError:
        return set()  # no file can have this name


def _start_of(statement: Statement, text: str) -> int:
    before = text[: statement.words[0].start].rstrip(" \t")
    is_whole = before.endswith(statement.command)  # not the first letter only
    return len(before) - (len(statement.command) if is_whole else 1)


def _without_blanks(start: int, text: str) -> int:
    """Return where the line of a section begins, with one empty line before it."""
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():
        return start
    return line - 1 if text[:line].endswith("\n\n") else line


def _end_of_line(statement: Statement, text: str) -> int:
    end = max(word.end for word in statement.words if word.end > word.start)
    return text.find("\n", end) + 1 or len(text)


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
