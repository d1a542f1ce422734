"""Commands in a shell on a serial line, here a terminal."""

import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qemu.openwrt.console import CommandFailed, Console, ConsoleTimeout

PROMPT = "Please press Enter to activate this console."
Start = Callable[..., Console]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a program on a terminal; return the console of the terminal."""
    opened: list[tuple[int, subprocess.Popen[bytes]]] = []

    def start_program(*command: str) -> Console:
        ours, theirs = pty.openpty()
        program = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        opened.append((ours, program))
        return Console(ours)

    yield start_program
    for line, program in opened:
        program.kill()
        program.wait()
        os.close(line)


@pytest.fixture(params=["sh -i", "bash --norc -i", "busybox ash -i"])
def console(request: pytest.FixtureRequest, start: Start) -> Console:
    return start(*request.param.split())


def test_output_is_returned_when_a_command_succeeds(console: Console) -> None:
    assert console.run("printf 'a\\nb\\n'") == "a\nb\n"
    assert console.run("printf c") == "c"
    assert console.run("true") == ""


def test_output_is_in_the_error_when_a_command_fails(console: Console) -> None:
    with pytest.raises(CommandFailed, match="nothing there"):
        console.run("echo nothing there; false")
    assert console.run("echo on") == "on\n"


def test_output_is_complete_when_a_line_is_wider_than_the_terminal(
    console: Console,
) -> None:
    long = "x" * 400
    assert console.run(f"echo {long}") == f"{long}\n"


def test_command_is_refused_when_it_is_too_long_for_the_shell(console: Console) -> None:
    with pytest.raises(ValueError, match="bytes"):
        console.run("echo " + "x" * 500)


def test_output_excludes_what_background_processes_wrote_before(
    console: Console, tmp_path: Path
) -> None:
    written = tmp_path / "said"
    noise = "echo '[ 1.0] eth0: link becomes ready'"
    console.run(f"(sleep 0.2; {noise}; touch {written}) & true")
    console.run(f"until [ -e {written} ]; do sleep 0.1; done")
    assert console.run("echo mine") == "mine\n"


def test_timeout_is_raised_when_a_command_takes_too_long(console: Console) -> None:
    with pytest.raises(ConsoleTimeout):
        console.run("sleep 30", seconds=0.2)


def test_error_is_raised_when_the_line_closes(start: Start) -> None:
    with pytest.raises(ConsoleTimeout, match="the line is closed"):
        start("echo", "bye").run("true")


def test_shell_is_activated_when_openwrt_asks_for_enter(start: Start) -> None:
    script = f"sleep 0.2; echo booting; echo '{PROMPT}'; read -r _; exec sh -i"
    console = start("sh", "-c", script)
    console.activate(seconds=60)
    assert console.run("echo here") == "here\n"
