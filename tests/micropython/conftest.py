"""The installation of MicroPython."""

import subprocess
from pathlib import Path

import pytest

from package.builder.lock import exclusive

UNPACKED = Path(__file__).parents[2] / ".cache/micropython"


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    with exclusive(UNPACKED):
        subprocess.run([Path(__file__).with_name("install.sh")], check=True)
