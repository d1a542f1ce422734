"""``pywg``: the table of subcommands, their help, and the output of errors."""

import os
import sys
from collections.abc import Callable

from .. import __version__
from ..control.text import quote
from ..core.errors import ConfigError, Error
from . import configure, keys, limits, migrate, purge, show
from .arguments import ARGUMENTS

HELP_WORDS = ("--help", "-h")
VERSION_WORDS = ("--version", "-v", "version")


class Command:
    """A subcommand: its function, the least and most words it takes, and its usage."""

    def __init__(
        self,
        run: Callable[[list[str]], int],
        least: int,
        most: int,
        usage: str,
    ) -> None:
        self.run = run
        self.least = least
        self.most = most
        self.usage = usage


def help_(words: list[str]) -> int:
    """List the commands, or the arguments of a command."""
    if words:
        _help_of(words[0])
        return 0
    print("Usage: pywg [COMMAND [ARGUMENT]...]\n")
    print("Without a command, 'show' is run.\n")
    for name, command in COMMANDS.items():
        print(f"  {name:9} {command.run.__doc__}")
    print("\nRun 'pywg help COMMAND' for its arguments; see also wg(8).")
    return 0


MANY = sys.maxsize
COMMANDS = {
    "show": Command(show.show, 0, 2, "{ INTERFACE | all | interfaces } [FIELD]"),
    "showconf": Command(show.showconf, 1, 1, "INTERFACE"),
    "set": Command(
        configure.set_,
        2,
        MANY,
        "INTERFACE [listen-port PORT] [fwmark MARK] [private-key FILE] "
        "[peer PUBLIC-KEY [remove] [preshared-key FILE] [endpoint HOST:PORT] "
        "[persistent-keepalive SECONDS] [allowed-ips [+|-]ADDRESS/CIDR,...] ]...",
    ),
    "setconf": Command(configure.setconf, 2, 2, "INTERFACE FILE"),
    "addconf": Command(configure.addconf, 2, 2, "INTERFACE FILE"),
    "syncconf": Command(configure.syncconf, 2, 2, "INTERFACE FILE"),
    "limits": Command(
        limits.limits, 0, 4, "[INTERFACE] [--max-peers N] [--max-allowed-ips N]"
    ),
    "genkey": Command(keys.genkey, 0, 0, ""),
    "genpsk": Command(keys.genpsk, 0, 0, ""),
    "pubkey": Command(keys.pubkey, 0, 0, "< FILE"),
    "migrate": Command(migrate.migrate, 1, 4, migrate.USAGE),
    "purge": Command(purge.purge, 1, 1, purge.USAGE),
    "help": Command(help_, 0, 1, "[COMMAND]"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run ``pywg`` with these arguments, by default those of the process.

    Return the exit code.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        status = _run(words)
        sys.stdout.flush()
    except Error as error:
        print(f"pywg: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        # Otherwise, the interpreter would report the error again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"pywg: standard output: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _run(words: list[str]) -> int:
    name, rest = (words[0], words[1:]) if words else ("show", [])
    if name in HELP_WORDS:
        name = "help"
    if name in VERSION_WORDS:
        print(f"pywg {__version__}")
        return 0
    command = _command(name)
    if len(rest) == 1 and rest[0] in HELP_WORDS:
        _help_of(name)
        return 0
    if not command.least <= len(rest) <= command.most:
        raise ConfigError(f"usage: {_usage(name)}")
    return command.run(rest)


def _usage(name: str) -> str:
    return f"pywg {name} {COMMANDS[name].usage}".rstrip()


def _command(name: str) -> Command:
    if name not in COMMANDS:
        raise ConfigError(f"unknown command {quote(name)}; see 'pywg help'")
    return COMMANDS[name]


def _help_of(name: str) -> None:
    print(f"{_command(name).run.__doc__}\n\nUsage: {_usage(name)}")
    rows = ARGUMENTS[name]
    width = max([len(head) for head, _ in rows], default=0)
    print(end="\n" if rows else "")
    for head, text in rows:
        print(f"  {head:{width}}  {text}")
