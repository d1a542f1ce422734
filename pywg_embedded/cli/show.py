"""``pywg show`` and ``showconf``: status and configuration of interfaces."""

import sys

from ..control import wgconf
from ..control.text import quote
from ..core.config import InterfaceStatus
from ..core.errors import ConfigError
from . import client
from .show_fields import FIELDS, Rows, endpoint_text
from .show_format import pretty
from .terminal import write


def show(words: list[str]) -> int:
    """Print one interface or all; with a field, in a format for scripts."""
    name = words[0] if words else "all"
    if name == "interfaces":
        return _show_names(words)
    rows = _field(words[1]) if len(words) > 1 else None
    if name == "all":
        return _show_all(rows)
    _show_one(name, client.get(name), rows, ())
    return 0


def showconf(words: list[str]) -> int:
    """Print the configuration of an interface in the format of setconf."""
    sys.stdout.writelines(wgconf.format_status(client.get(words[0]), endpoint_text))
    return 0


def _show_names(words: list[str]) -> int:
    if len(words) > 1:
        raise ConfigError(f"'interfaces' takes no field, but got {quote(words[1])}")
    names = client.interfaces()
    if names:
        write(" ".join(names) + "\n")
    return 0


def _show_all(rows: Rows | None) -> int:
    shown = failed = 0
    for name in client.interfaces():
        try:
            status = client.get(name)
        except ConfigError as error:
            print(f"pywg: {error}", file=sys.stderr)
            failed = 1
            continue
        if shown and not rows:
            write("\n")
        _show_one(name, status, rows, (name,))
        shown += 1
    if not shown and not failed and not rows:
        print(
            "pywg: no interface is running; start one with 'pywgd INTERFACE', "
            "on OpenWrt with 'ifup INTERFACE'",
            file=sys.stderr,
        )
    return failed


def _show_one(
    name: str, status: InterfaceStatus, rows: Rows | None, prefix: tuple[str, ...]
) -> None:
    if rows is None:
        for line in pretty(name, status):
            write(line)
        return
    for row in rows(status):
        write("\t".join(prefix + row) + "\n")


def _field(field: str) -> Rows:
    if field not in FIELDS:
        expected = ", ".join(FIELDS)
        raise ConfigError(f"unknown field {quote(field)} (expected {expected})")
    return FIELDS[field]
