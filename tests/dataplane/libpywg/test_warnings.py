"""A compiler warning is an error only with PYWG_WERROR."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from pywg_embedded import dataplane

SOURCES = str(Path(dataplane.__file__).parent / "libpywg")
ROWS = (
    pytest.param((), False, id="default"),
    pytest.param(("-DPYWG_WERROR=ON",), True, id="werror"),
)


@pytest.mark.parametrize("settings, fatal", ROWS)
def test_warning_is_an_error_only_with_werror(
    tmp_path: Path, settings: tuple[str, ...], fatal: bool
) -> None:
    commands = ("-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DPYWG_TESTS=OFF")
    configure = ("cmake", "-S", SOURCES, "-B", str(tmp_path), *commands, *settings)
    subprocess.run(configure, check=True)
    entries = json.loads((tmp_path / "compile_commands.json").read_text())
    entry = next(row for row in entries if row["file"].endswith("/sys/clock.c"))
    newer = tmp_path / "newer.h"
    newer.write_text("#warning of something new\n")
    compiler = (*shlex.split(entry["command"]), "-include", str(newer))
    done = subprocess.run(compiler, cwd=entry["directory"], capture_output=True)
    assert b"something new" in done.stderr
    assert bool(done.returncode) == fatal
