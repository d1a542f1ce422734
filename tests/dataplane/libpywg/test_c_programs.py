"""The test programs in C, under sanitizers, with either source of the AEAD."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "pywg_embedded/dataplane/libpywg"
PROGRAMS = sorted(path.stem for path in SOURCES.glob("test/test_*.c"))
# What tests one AEAD alone.
OF_ONE = {"test_aead_openssl": "openssl"}
ROWS = [
    (aead, program)
    for aead in ("sodium", "openssl")
    for program in PROGRAMS
    if OF_ONE.get(program, aead) == aead
]


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> Path:
    """The folder of the programs with this AEAD."""
    folder = ROOT / "build" / f"libpywg-{request.param}"
    settings = ("-D", f"PYWG_AEAD={request.param}")
    sanitizers = ("-D", "PYWG_SANITIZE=address,undefined")
    configure = ("cmake", "-S", SOURCES, "-B", folder, *settings, *sanitizers)
    subprocess.run(configure, check=True)
    subprocess.run(("cmake", "--build", folder, "--parallel", "2"), check=True)
    return folder / "test"


@pytest.mark.parametrize("built, program", ROWS, indirect=["built"])
def test_program_finds_nothing_wrong(built: Path, program: str) -> None:
    subprocess.run([built / program], check=True)
