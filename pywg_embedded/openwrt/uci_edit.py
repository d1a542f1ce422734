"""Changes to UCI text that leave every other byte where it was."""

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

    # A word, what it becomes, its line, and what that is for people.
    Replacement = tuple[Word, str, int, str]


def change_protocol(text: str, name: str, stock: bool) -> "tuple[str, list[str]]":
    """Make the interface ``name`` and its peers ours, or the stock protocol's again.

    Kept keys, of which the stock knows nothing, are written out for it. Returns the new
    text and what changed, a line each. Raises ConfigError if there is no such
    interface, nothing to change, or no key where one is kept.
    """
    old, new = PROTOCOLS[::-1] if not stock else PROTOCOLS
    find_section(parse(text), name)
    replacements = list(_protocol_words(text, name, old, new))
    if not replacements:
        raise ConfigError(f"nothing to do: {name} is a {new} interface already")
    if stock:
        replacements += _kept_words(text, name, old)
        replacements.sort(key=lambda replacement: replacement[2])
    told = [f"line {line}: {what}" for _, _, line, what in replacements]
    return _replaced(text, replacements), told


def set_option(text: str, name: str, option: str, value: str) -> str:
    """Give the interface ``name`` an option; ``value`` is one bare word.

    Raises ConfigError if there is no such interface.
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


def _kept_words(text: str, name: str, protocol: str) -> "Iterator[Replacement]":
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
    """Each statement with type and name of the section that it is in, or opens."""
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
    """``new`` quoted as the word of ``text`` is: a bare one may not be, nor the other
    way round, for a ``;`` behind it means something else."""
    if len(word.text) == word.end - word.start:
        return new
    mark = text[word.start]
    return f'"{new}"' if mark == '"' else f"'{new}'"
