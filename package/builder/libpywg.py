"""libpywg and its test programs, compiled for a target."""

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
    """Return the source of the cffi module for the library."""
    with tempfile.TemporaryDirectory() as work:
        module = Path(work) / "_libpywg.py"
        bind = (sys.executable, str(LIBPYWG / "bind.py"), str(SIGNATURES))
        subprocess.run((*bind, str(module)), stdout=subprocess.DEVNULL, check=True)
        return module.read_bytes()


def shared_library(target: Target, aead: str) -> Path:
    """Build the shared library, linked to the crypto library of the target."""
    settings = {"PYWG_AEAD": aead, "PYWG_TESTS": "OFF"}
    with exclusive(BUILD / f"{target.name}-{aead}"):
        return _build(target, link_stubs.prefix(target, aead), settings) / SONAME


def test_programs(target: Target) -> Path:
    """Build the test programs, linked statically, and return their folder."""
    settings = {"PYWG_AEAD": "sodium", "CMAKE_EXE_LINKER_FLAGS": "-static"}
    with exclusive(BUILD / f"{target.name}-programs"):
        return _build(target, static_libsodium.prefix(target), settings) / "test"


def _build(target: Target, cipher: Path, settings: dict[str, str]) -> Path:
    # CMake caches what it found: each crypto library needs a build folder of its own.
    directory = BUILD / cipher.name
    # The version of the compiler is pinned, so it has no warnings but the known ones.
    fixed = {"CMAKE_PREFIX_PATH": str(cipher), "PYWG_WERROR": "ON"}
    toolchain.configure(LIBPYWG, directory, target, {**fixed, **settings})
    toolchain.build(directory)
    return directory
