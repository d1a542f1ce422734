"""libpywg for a target, and the programs that test it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from pywg_embedded.dataplane.signatures import SONAME

from . import link_stubs, static_libsodium, toolchain
from .lock import exclusive
from .paths import BUILD, LIBPYWG
from .targets import Target

SIGNATURES = LIBPYWG.with_name("signatures.py")


def cffi_binding() -> bytes:
    """The module that lets CPython call the library."""
    with tempfile.TemporaryDirectory() as work:
        module = Path(work) / "_libpywg.py"
        bind = (sys.executable, str(LIBPYWG / "bind.py"), str(SIGNATURES))
        subprocess.run((*bind, str(module)), stdout=subprocess.DEVNULL, check=True)
        return module.read_bytes()


def shared_library(target: Target, aead: str) -> Path:
    """The shared library, which asks the target for the one it has its cipher from."""
    settings = {"PYWG_AEAD": aead, "PYWG_TESTS": "OFF"}
    with exclusive(BUILD / f"{target.name}-{aead}"):
        return _built(target, link_stubs.prefix(target, aead), settings) / SONAME


def test_programs(target: Target) -> Path:
    """The folder of the test programs, which ask the target for nothing."""
    settings = {"PYWG_AEAD": "sodium", "CMAKE_EXE_LINKER_FLAGS": "-static"}
    with exclusive(BUILD / f"{target.name}-programs"):
        return _built(target, static_libsodium.prefix(target), settings) / "test"


def _built(target: Target, cipher: Path, settings: dict[str, str]) -> Path:
    # CMake goes on with what it once found: another cipher is another folder.
    directory = BUILD / cipher.name
    # The compiler is of one version, which warns of nothing that it did not here.
    fixed = {"CMAKE_PREFIX_PATH": str(cipher), "PYWG_WERROR": "ON"}
    toolchain.configure(LIBPYWG, directory, target, {**fixed, **settings})
    toolchain.build(directory)
    return directory
