"""MicroPython itself, for every test here."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    subprocess.run([Path(__file__).with_name("install.sh")], check=True)
