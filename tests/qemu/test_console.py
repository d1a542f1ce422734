"""The dialogue with a shell at the end of a line, here one on a terminal."""

import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qemu.openwrt.console import CommandFailed, Console, Silence

INVITATION = "Please press Enter to activate this console."
Start = Callable[..., Console]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a program on a terminal; the console at the terminal's other end."""
    opened: list[tuple[int, subprocess.Popen[bytes]]] = []

    def begin(*command: str) -> Console:
        ours, theirs = pty.openpty()
        program = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        opened.append((ours, program))
        return Console(ours)

    yield begin
    for line, program in opened:
        program.kill()
        program.wait()
        os.close(line)


@pytest.fixture(params=["sh -i", "bash --norc -i", "busybox ash -i"])
def console(request: pytest.FixtureRequest, start: Start) -> Console:
    return start(*request.param.split())


def test_a_command_says_what_it_says(console: Console) -> None:
    assert console.run("printf 'a\\nb\\n'") == "a\nb\n"
    assert console.run("printf c") == "c"
    assert console.run("true") == ""


def test_a_command_that_fails_is_told_with_what_it_said(console: Console) -> None:
    with pytest.raises(CommandFailed, match="nothing there"):
        console.run("echo nothing there; false")
    assert console.run("echo on") == "on\n"


def test_a_line_wider_than_the_terminal_is_read_whole(console: Console) -> None:
    long = "x" * 400
    assert console.run(f"echo {long}") == f"{long}\n"


def test_a_line_that_a_shell_would_cut_is_not_typed(console: Console) -> None:
    with pytest.raises(ValueError, match="bytes"):
        console.run("echo " + "x" * 500)


def test_what_others_say_before_is_not_what_the_command_says(
    console: Console, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    noise = "echo '[ 1.0] eth0: link becomes ready'"
    console.run(f"(sleep 0.2; {noise}; touch {said}) & true")
    console.run(f"until [ -e {said} ]; do sleep 0.1; done")
    assert console.run("echo mine") == "mine\n"


def test_a_command_that_takes_too_long_is_told(console: Console) -> None:
    with pytest.raises(Silence):
        console.run("sleep 30", seconds=0.2)


def test_a_line_that_ends_is_told(start: Start) -> None:
    with pytest.raises(Silence, match="ended"):
        start("echo", "bye").run("true")


def test_a_shell_that_wants_to_be_asked_for_is(start: Start) -> None:
    script = f"sleep 0.2; echo booting; echo '{INVITATION}'; read -r _; exec sh -i"
    console = start("sh", "-c", script)
    console.wake(seconds=60)
    assert console.run("echo here") == "here\n"
