"""Read the usage texts of ``pywgd`` and ``pywg`` as tables.

``pywgd --help`` has one option or environment variable a line, the description behind
two spaces or more; further lines of a description are indented. The usage of a
``pywg`` command is a grammar: upper case stands for a value, lower case for itself,
brackets enclose what may be left out.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pywg_embedded.cli import arguments as cli_arguments
from pywg_embedded.cli import main
from pywg_embedded.daemon import arguments, dataplane

# The values that an option of ``pywgd`` takes, where they are few.
CHOICES = {
    "--dataplane": dataplane.NAMES,
    "--offload": (*dataplane.OFFLOADS, "none"),
    "--threads": dataplane.THREADS,
}
_ENTRY = re.compile(r"  (?! )(?P<head>\S+(?: \S+)*)  +(?P<text>\S.*)")


class Entry(NamedTuple):
    """An option or an environment variable, with the name of its value if it has one.

    ``names`` are all spellings, the short one first.
    """

    names: tuple[str, ...]
    value: str
    text: str


class Command(NamedTuple):
    """A command of ``pywg``: its name, the words of its usage, and its description."""

    name: str
    grammar: tuple[str, ...]
    text: str


def daemon_options() -> list[Entry]:
    """Return the options of ``pywgd`` in the order of its help."""
    return [
        entry for entry in entries(arguments.USAGE) if entry.names[0].startswith("-")
    ]


def daemon_environment() -> list[Entry]:
    """Return the environment variables of ``pywgd`` in the order of its help."""
    return [
        entry
        for entry in entries(arguments.USAGE)
        if not entry.names[0].startswith("-")
    ]


def commands() -> list[Command]:
    """Return the commands of ``pywg`` in the order of its help."""
    return [
        Command(name, tuple(command.usage.split()), _summary(command.run.__doc__))
        for name, command in main.COMMANDS.items()
    ]


def show_fields() -> list[str]:
    """Return the fields of ``pywg show``."""
    return _first_words(cli_arguments.SHOW_FIELDS)


def interface_settings() -> list[str]:
    """Return the keywords of ``pywg set`` that stand before the first peer."""
    return _first_words(cli_arguments.INTERFACE_SETTINGS)


def peer_settings() -> list[str]:
    """Return the keywords of ``pywg set`` that stand after a peer."""
    return _first_words(cli_arguments.PEER_SETTINGS)


def _first_words(rows: Iterable[tuple[str, str]]) -> list[str]:
    return [head.split()[0] for head, _ in rows]


def entries(usage: str) -> Iterator[Entry]:
    """Yield the options and environment variables that a help text lists."""
    head, text = "", ""
    for line in [*usage.splitlines(), ""]:
        found = _ENTRY.fullmatch(line)
        if head and not found and line.startswith("   "):
            text += " " + line.strip()
            continue
        if head:
            yield _entry(head, text)
        head, text = (found["head"], found["text"]) if found else ("", "")


def _entry(head: str, text: str) -> Entry:
    spellings = head.split(", ")
    last, _, value = spellings[-1].partition(" ")
    return Entry((*spellings[:-1], last), value, text)


def _summary(docstring: str | None) -> str:
    return (docstring or "").partition("\n\n")[0].replace("\n", " ")
