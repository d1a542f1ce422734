"""Render tables and templates as man pages in mdoc(7)."""

import re
from collections.abc import Iterable
from pathlib import Path

from pywg_embedded.cli import arguments

from . import usage
from .usage import Command, Entry

# A word of a grammar: what opens, the word itself, and what closes.
_WORD = re.compile(r"([\[{]*)(.*?)([\]}]*(?:\.\.\.)?)")


def pywgd() -> str:
    """Return the man page pywgd(8)."""
    options = usage.daemon_options()
    return _fill(
        "pywgd.8.in",
        SYNOPSIS=option_synopsis(options),
        OPTIONS=option_list(options),
        ENVIRONMENT=environment_list(usage.daemon_environment()),
    )


def pywg() -> str:
    """Return the man page pywg(8)."""
    return _fill(
        "pywg.8.in",
        COMMANDS=command_list(usage.commands()),
        FIELDS=argument_list(arguments.SHOW_FIELDS),
        SETTINGS=argument_list(arguments.SETTINGS),
    )


def _fill(template: str, **parts: str) -> str:
    text = Path(__file__).with_name(template).read_text()
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part)
    return text


def escape(text: str) -> str:
    """Return text that the macro processor prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def option_list(entries: Iterable[Entry]) -> str:
    """Return a list of options with their descriptions."""
    return _list((_option_head(entry), entry.text) for entry in entries)


def environment_list(entries: Iterable[Entry]) -> str:
    """Return a list of environment variables with their descriptions."""
    return _list((f"Ev {entry.names[0]}", entry.text) for entry in entries)


def option_synopsis(entries: Iterable[Entry]) -> str:
    """Return one line of the synopsis for each option."""
    lines = []
    for entry in entries:
        value = f" Ar {entry.value}" if entry.value else ""
        lines.append(f".Op {_flag(entry.names[0])}{value}")
    return "\n".join(lines)


def command_list(commands: Iterable[Command]) -> str:
    """Return a list of commands, each with its usage and its description."""
    return _list(
        (f"Xo\n.Ic {command.name}\n{grammar(command.grammar)}.Xc", command.text)
        for command in commands
    )


def argument_list(rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of the arguments of a command with their descriptions."""
    return _list((" ".join(map(_word, head.split())), text) for head, text in rows)


def grammar(words: Iterable[str]) -> str:
    """Return the words of a usage as macro lines: values, keywords and flags apart."""
    return "".join(f".{_word(word)}\n" for word in words)


def _list(items: Iterable[tuple[str, str]]) -> str:
    parts = [".Bl -tag -width Ds\n"]
    for head, text in items:
        # A sentence begins a new line: the formatter spaces its end.
        sentences = re.sub(r"(?<=[a-z)]\.) (?=[A-Z])", "\n", text)
        parts.append(f".It {head}\n")
        parts.extend(f"{escape(line)}\n" for line in sentences.splitlines())
    return "".join(parts) + ".El"


def _option_head(entry: Entry) -> str:
    flags = " , ".join(_flag(name) for name in entry.names)
    return f"{flags} Ar {entry.value}" if entry.value else flags


def _flag(name: str) -> str:
    if name.startswith("--"):
        return f"Fl \\-{escape(name[2:])}"
    return f"Fl {escape(name[1:])}"


def _word(word: str) -> str:
    if not word.strip("[]{}|<."):
        return f"No \\&{word}"
    found = _WORD.fullmatch(word)
    assert found
    before, middle, after = found.groups()
    if middle.startswith("--"):
        macro = _flag(middle)
    elif middle.isupper():
        macro = f"Ar {escape(middle)}"
    else:
        macro = f"Cm {escape(middle)}"
    prefix = f"No \\&{before} Ns " if before else ""
    suffix = f" Ns No \\&{after}" if after else ""
    return prefix + macro + suffix
