"""What a compiler newer than ours may warn of breaks nobody's build but our own."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from pywg_embedded import dataplane

SOURCES = str(Path(dataplane.__file__).parent / "libpywg")
# Settings, and whether a warning is the end.
ROWS: tuple[tuple[tuple[str, ...], bool], ...] = (
    ((), False),
    (("-DPYWG_WERROR=ON",), True),
)


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_a_warning_is_an_error_to_who_wants_that(tmp_path: Path, row: int) -> None:
    settings, fatal = ROWS[row]
    commands = ("-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DPYWG_TESTS=OFF")
    configure = ("cmake", "-S", SOURCES, "-B", str(tmp_path), *commands, *settings)
    subprocess.run(configure, check=True)
    entries = json.loads((tmp_path / "compile_commands.json").read_text())
    entry = next(one for one in entries if one["file"].endswith("/sys/clock.c"))
    newer = tmp_path / "newer.h"
    newer.write_text("#warning of something new\n")
    compiler = (*shlex.split(entry["command"]), "-include", str(newer))
    done = subprocess.run(compiler, cwd=entry["directory"], capture_output=True)
    assert b"something new" in done.stderr
    assert bool(done.returncode) == fatal
