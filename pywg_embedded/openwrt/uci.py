"""UCI text: parsed as libuci does, formatted as ``uci commit`` does.

1. A statement is a command (``package``, ``config``, ``option``, ``list``, or its
   first letter) and its words. Statements are on lines of their own, or separated by
   ``;``.
2. A word consists of bare, single-quoted and double-quoted parts. A backslash escapes
   the next character, except between single quotes; at the end of a line it joins the
   next line. A line break between quotes is part of the word.
3. ``#`` starts a comment, even inside of a bare word.
4. A ``;`` directly after a bare word ends the *line*: libuci drops the rest of it.
"""

from ..control.text import located, quote
from ..core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Value = str | list[str]

_SPACES = " \t\n\v\f\r"
_QUOTES = "'\""
# Characters with a meaning, in a bare word and between quotes.
_NOT_BARE = _SPACES + _QUOTES + "\\#;"
_NOT_WITHIN = {"'": "'", '"': '"\\'}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NAME = _LETTERS + "0123456789_"
_PRINTABLE = "".join(map(chr, range(33, 127)))
# Command: least and greatest number of words after it.
_WORDS = {"package": (1, 1), "config": (1, 2), "option": (1, 2), "list": (1, 2)}
_COMMANDS = {name[:size]: name for name in _WORDS for size in (1, len(name))}


class Section:
    """A section: ``config type 'name'``. The name of an anonymous section is empty.

    ``options`` maps a name to a text (``option``) or to a list of texts (``list``).
    """

    __slots__ = ("name", "options", "type")

    def __init__(self, type_: str, name: str = "") -> None:
        self.type = type_
        self.name = name
        self.options: dict[str, Value] = {}

    def values(self, option: str) -> list[str]:
        """Return all values of an option, in either form; empty if it is not set."""
        value = self.options.get(option, [])
        return [value] if isinstance(value, str) else value


class Word:
    """A word without quotes; ``start`` and ``end`` delimit it in the text."""

    __slots__ = ("end", "start", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end


class Statement:
    """A statement: the full name of the command, its words, its line (from 1)."""

    __slots__ = ("command", "line", "words")

    def __init__(self, command: str, words: list[Word], line: int) -> None:
        self.command = command
        self.words = words
        self.line = line


def parse(text: str) -> list[Section]:
    """Return the sections of a file in /etc/config.

    Sections with the same name are merged; the last value of a repeated option wins.
    Raises ConfigError with the line; libuci rejects such a file as a whole, too.
    """
    reader = _Reader()
    for statement in statements(text):
        words = [word.text for word in statement.words]
        try:
            reader.take(statement.command, *words)
        except ConfigError as error:
            raise located(f"line {statement.line}", error) from None
    return reader.sections


class _Reader:
    def __init__(self) -> None:
        self.sections: list[Section] = []
        self._named: dict[str, Section] = {}
        self._open: Section | None = None

    def take(self, command: str, name: str, value: str = "") -> None:
        if command == "package":
            _check(name, _NAME + "-", "a package", "letters, digits, '_' and '-'")
        elif command == "config":
            self._open = self._section(name, value)
        elif self._open is None:
            raise ConfigError(f"{quote(command)} before the first 'config'")
        else:
            _check(name, _NAME, "an option", "letters, digits and '_'")
            _ADD[command](self._open.options, name, value)

    def _section(self, type_: str, name: str) -> Section:
        _check(type_, _PRINTABLE, "a type", "printable characters and no space")
        if name:
            _check(name, _NAME, "a section", "letters, digits and '_'")
        section = self._named.get(name)
        if section is None:
            section = Section(type_, name)
            self.sections.append(section)
            if name:
                self._named[name] = section
        if section.type != type_:
            raise ConfigError(
                f"section {quote(name)} already has the type {quote(section.type)}; "
                "rename one of the two sections"
            )
        return section


def _set_option(options: "dict[str, Value]", name: str, value: str) -> None:
    if value:  # '' leaves a previous value unchanged
        options[name] = value


def _add_to_list(options: "dict[str, Value]", name: str, value: str) -> None:
    values = options.get(name, [])
    if isinstance(values, str):
        values = [values]
    values.append(value)
    options[name] = values


_ADD = {"option": _set_option, "list": _add_to_list}


def _check(name: str, characters: str, role: str, allowed: str) -> None:
    if not name or name.strip(characters):
        raise ConfigError(f"invalid name for {role}: {quote(name)} (use {allowed})")


def format_sections(sections: "Iterable[Section]", package: str = "") -> str:
    """Return the text of a file; with a ``package``, the output of ``uci export``."""
    parts = [f"package {package}\n"] if package else []
    for section in sections:
        special = any(character in _NOT_BARE for character in section.type)
        type_ = _quoted(section.type) if special else section.type
        name = f" {_quoted(section.name)}" if section.name else ""
        parts.append(f"\nconfig {type_}{name}\n")
        for option, value in section.options.items():
            command = "option" if isinstance(value, str) else "list"
            for text in section.values(option):
                parts.append(f"\t{command} {option} {_quoted(text)}\n")
    parts.append("\n")
    return "".join(parts)


def statements(text: str) -> "Iterator[Statement]":
    """Yield each statement of ``text``; raises ConfigError with the line."""
    scanner = _Scanner(text)
    while scanner.next_line():
        try:
            yield from scanner.statements()
        except ConfigError as error:
            raise located(f"line {scanner.statement_line}", error) from None


class _Scanner:
    """Reads a text line by line; a word can continue on the next line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        # The end of the current line, with its line break.
        self._end = 0
        self._line = 0
        self.statement_line = 0

    def next_line(self) -> bool:
        """Advance to the next line, and return whether there is one."""
        self._at = self._end
        return self._extend()

    def statements(self) -> "Iterator[Statement]":
        self._skip(_SPACES)
        while self._command_follows():
            self.statement_line = self._line
            command = self._command()
            words = [self._word() for _ in range(_WORDS[command][1])]
            surplus = self._word().text
            if not all(word.text for word in words[: _WORDS[command][0]]):
                raise ConfigError(f"{quote(command)} needs a name")
            if surplus:
                raise ConfigError(
                    f"unexpected word {quote(surplus)}; quote a value with spaces"
                )
            yield Statement(command, words, self.statement_line)

    def _extend(self) -> bool:
        if self._end == len(self._text):
            return False
        newline = self._text.find("\n", self._end)
        self._end = newline + 1 or len(self._text)
        self._line += 1
        return True

    def _current(self) -> str:
        return self._text[self._at] if self._at < self._end else ""

    def _skip(self, characters: str) -> None:
        while self._at < self._end and self._text[self._at] in characters:
            self._at += 1

    def _command_follows(self) -> bool:
        self._skip(" \t")
        return self._current() not in ("", "#")

    def _command(self) -> str:
        command = self._up_to(" \t")
        if command not in _COMMANDS:
            choice = ", ".join(_WORDS)
            raise ConfigError(
                f"unknown command {quote(command)} (expected one of {choice})"
            )
        return _COMMANDS[command]

    def _word(self) -> Word:
        self._skip(_SPACES)
        start = self._at
        if self._current() == ";":
            self._at += 1
            return Word("", start, start)
        text = self._pieces()
        word = Word(text, start, self._at)
        bare = len(text) == word.end - start
        if self._current() == "#" or (self._current() == ";" and bare):
            self._at = self._end
        elif self._current() != ";":
            self._at = min(self._at + 1, self._end)
        return word

    def _pieces(self) -> str:
        text = ""
        while self._current() and self._current() not in _SPACES:
            mark = self._current()
            if mark in "#;":
                break
            if mark in _QUOTES:
                text += self._quoted_piece(mark)
            else:
                text += self._run(_NOT_BARE)
        return text

    def _quoted_piece(self, mark: str) -> str:
        line = self._line
        text = ""
        self._at += 1
        while self._current() != mark:
            if self._current():
                text += self._run(_NOT_WITHIN[mark])
            elif not self._extend():
                raise ConfigError(f"unterminated {mark} (opened in line {line})")
        self._at += 1
        return text

    def _run(self, stops: str) -> str:
        """Read up to a character of ``stops``, or an escaped character."""
        return self._up_to(stops) or self._escaped()

    def _up_to(self, stops: str) -> str:
        start = self._at
        found = [self._text.find(stop, start, self._end) for stop in stops]
        self._at = min([at for at in found if at >= 0], default=self._end)
        return self._text[start : self._at]

    def _escaped(self) -> str:
        self._at += 1
        if self._text[self._at : self._end] in ("", "\n", "\r\n"):
            self._at = self._end
            self._extend()
            return ""
        self._at += 1
        return self._text[self._at - 1]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
