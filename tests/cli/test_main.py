"""The command line of ``pywg``."""

import subprocess
from pathlib import Path

import pytest

from pywg_embedded import __version__
from pywg_embedded.cli.main import COMMANDS
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
    assert result.stdout.startswith(f"Usage: pywg {command}")
    assert (result.stderr, result.returncode) == ("", 0)


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
