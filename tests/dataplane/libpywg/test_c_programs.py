"""The C test programs, under sanitizers, with each library of the AEAD."""

import subprocess
from pathlib import Path

import pytest

from package.builder.lock import exclusive

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "pywg_embedded/dataplane/libpywg"
PROGRAMS = sorted(path.stem for path in SOURCES.glob("test/test_*.c"))
# Programs for one AEAD only.
AEAD_OF = {"test_aead_openssl": "openssl"}
# Programs with more than one thread, for ThreadSanitizer.
THREADED = ("test_threads",)
SANITIZERS = ("address,undefined", "thread")
ROWS = [
    ((aead, sanitizers), program)
    for aead in ("sodium", "openssl")
    for sanitizers in SANITIZERS
    for program in (THREADED if sanitizers == "thread" else PROGRAMS)
    if AEAD_OF.get(program, aead) == aead
]
NAMES = ["-".join((*build, program)) for build, program in ROWS]


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> Path:
    """Build the programs with this AEAD and these sanitizers; return their folder."""
    aead, sanitizers = request.param
    folder = ROOT / "build" / f"libpywg-{aead}-{sanitizers}"
    settings = (f"-DPYWG_AEAD={aead}", f"-DPYWG_SANITIZE={sanitizers}")
    configure = ("cmake", "-S", SOURCES, "-B", folder, *settings, "-DPYWG_WERROR=ON")
    targets = THREADED if sanitizers == "thread" else ("all",)
    build = ("cmake", "--build", folder, "--parallel", "2", "--target", *targets)
    with exclusive(folder):
        subprocess.run(configure, check=True)
        subprocess.run(build, check=True)
    return folder / "test"


@pytest.mark.c
@pytest.mark.parametrize("built, program", ROWS, indirect=["built"], ids=NAMES)
def test_program_succeeds(built: Path, program: str) -> None:
    subprocess.run([built / program], check=True)
