"""The command line of ``pywg``."""

import subprocess
from pathlib import Path

import pytest

from pywg_embedded import __version__
from pywg_embedded.cli import arguments, configure
from pywg_embedded.cli.main import COMMANDS
from pywg_embedded.cli.show_fields import FIELDS
from tests.cli.server import PYWG, pywg


@pytest.mark.parametrize("word", ["help", "--help", "-h"])
def test_help_lists_every_command(word: str, tmp_path: Path) -> None:
    result = pywg(tmp_path, word)
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout
    assert (result.stderr, result.returncode) == ("", 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_shows_its_arguments(command: str, tmp_path: Path) -> None:
    result = pywg(tmp_path, command, "--help")
    assert f"\nUsage: pywg {command}" in result.stdout
    for head, text in arguments.ARGUMENTS[command]:
        (line,) = [each for each in result.stdout.splitlines() if each.endswith(text)]
        assert line.split(text)[0].strip() == head
        assert len(line) <= 100
    assert (result.stderr, result.returncode) == ("", 0)
    assert pywg(tmp_path, "help", command).stdout == result.stdout


def words_of(rows: tuple[tuple[str, str], ...]) -> list[str]:
    return [head.split()[0] for head, _ in rows]


@pytest.mark.parametrize("command", COMMANDS)
def test_description_of_a_command_is_one_line(command: str) -> None:
    description = COMMANDS[command].run.__doc__
    assert description and "\n" not in description


def test_table_of_arguments_is_complete() -> None:
    assert list(arguments.ARGUMENTS) == list(COMMANDS)
    assert words_of(arguments.SHOW_FIELDS) == list(FIELDS)
    assert words_of(arguments.INTERFACE_SETTINGS) == list(configure.INTERFACE_WORDS)
    assert words_of(arguments.PEER_SETTINGS) == [*configure.PEER_WORDS, "remove"]
    for name, command in COMMANDS.items():
        words = [word.strip("[]{}.") for word in command.usage.split()]
        heads = " ".join(head for head, _ in arguments.ARGUMENTS[name]).split()
        assert {word for word in words if word.strip("<|")} - set(heads) <= {
            "+|-]ADDRESS/CIDR,"
        }


@pytest.mark.parametrize("words", [(), ("show",), ("show", "all")], ids=" ".join)
def test_absence_of_interfaces_is_said(words: tuple[str, ...], tmp_path: Path) -> None:
    result = pywg(tmp_path, *words)
    assert result.stderr == (
        "pywg: no interface is running; start one with 'pywgd INTERFACE', "
        "on OpenWrt with 'ifup INTERFACE'\n"
    )
    assert (result.stdout, result.returncode) == ("", 0)


@pytest.mark.parametrize("word", ["--version", "-v", "version"])
def test_version_is_that_of_the_package(word: str, tmp_path: Path) -> None:
    assert pywg(tmp_path, word).stdout == f"pywg {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("shwo", "unknown command 'shwo'; see 'pywg help'"),
        ("show wgtest colour", "unknown field 'colour' (expected public-key, "),
        ("show interfaces dump", "'interfaces' takes no field, but got 'dump'"),
        ("show wgtest dump x", "usage: pywg show { INTERFACE | all | interfaces }"),
        ("showconf", "usage: pywg showconf INTERFACE"),
        ("help shwo", "unknown command 'shwo'; see 'pywg help'"),
        ("help show set", "usage: pywg help [COMMAND]"),
        ("genkey x", "usage: pywg genkey"),
    ],
)
def test_error_is_one_line(arguments: str, message: str, tmp_path: Path) -> None:
    result = pywg(tmp_path, *arguments.split())
    assert result.stderr.startswith(f"pywg: {message}")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.count("\n") == 1


def test_closed_pipe_is_not_reported() -> None:
    with subprocess.Popen(
        [*PYWG, "help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
