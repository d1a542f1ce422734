"""The entry points when a command cannot be loaded."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUN = "import sys; from pywg_embedded import commands; sys.exit(commands.{}())"
COMMANDS = ("pywg", "pywgd")


def run(
    command: str, *path: Path, without: str = "", starting: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run ``command --version`` with modules from ``path`` only, less one."""
    program = RUN.format(command)
    if without:
        program = f"import sys; sys.modules['{without}'] = None; {program}"
    return subprocess.run(
        (sys.executable, "-S", "-c", program, "--version"),
        cwd="/",
        env={"PYTHONPATH": os.pathsep.join(map(str, path)), "PYWG_STARTING": starting},
        capture_output=True,
        text=True,
    )


INSTALLED = [ROOT, *(Path(path) for path in sys.path if path)]
# A missing module, and the start of the message.
MISSING = (
    ("nacl", "PyNaCl is missing ("),
    ("binascii", "a part of Python is missing ("),
    ("pywg_embedded.core.errors", "a part of pywg-embedded is missing ("),
)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("module", "message"), MISSING)
def test_missing_module_is_reported_in_one_line(
    command: str, module: str, message: str
) -> None:
    done = run(command, *INSTALLED, without=module)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{command}: {message}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_damaged_file_is_reported_in_one_line(command: str, tmp_path: Path) -> None:
    tree, sources = tmp_path / "pywg_embedded", shutil.ignore_patterns("libpywg")
    shutil.copytree(ROOT / "pywg_embedded", tree, ignore=sources)
    (tree / "core/errors.py").write_bytes(b"\0\xff" * 100)
    done = run(command, tmp_path, *INSTALLED[1:])
    assert done.returncode == 1
    assert done.stderr.startswith(f"{command}: a file may be damaged (")
    assert done.stderr.count("\n") == 1


def test_reason_is_written_to_the_start_file_when_loading_fails(tmp_path: Path) -> None:
    starting = tmp_path / "wg0.starting"
    starting.touch()
    done = run("pywgd", *INSTALLED, without="nacl", starting=str(starting))
    assert done.stderr == f"pywgd: {starting.read_text()}\n"


def test_start_file_is_removed_when_the_daemon_is_loaded(tmp_path: Path) -> None:
    starting = tmp_path / "wg0.starting"
    starting.touch()
    assert run("pywgd", *INSTALLED, starting=str(starting)).returncode == 0
    assert not starting.exists()
