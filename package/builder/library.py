"""libpywg for a target, and the programs that test it."""

import shutil
import subprocess
import sys
from pathlib import Path

from pywg_embedded.dataplane.signatures import SONAME

from . import sodium, zig
from .paths import BUILD, LIBPYWG
from .targets import Target

SIGNATURES = LIBPYWG.with_name("signatures.py")


def install(target: Target, directory: Path) -> None:
    """Put the library into ``directory``, with the module that lets CPython call it."""
    shutil.copy(library(target), directory)
    bind = (sys.executable, str(LIBPYWG / "bind.py"), str(SIGNATURES))
    module = str(directory / "_libpywg.py")
    subprocess.run((*bind, module), stdout=subprocess.DEVNULL, check=True)


def library(target: Target) -> Path:
    """The shared library, which asks the target for its libsodium."""
    return _built(target, "shared", {"PYWG_TESTS": "OFF"}) / SONAME


def programs(target: Target) -> Path:
    """The folder of the test programs, which ask the target for nothing."""
    return _built(target, "static", {"CMAKE_EXE_LINKER_FLAGS": "-static"}) / "test"


def _built(target: Target, kind: str, settings: dict[str, str]) -> Path:
    directory = BUILD / f"{target.name}-{zig.key(target)}" / kind
    libsodium = sodium.prefix(target) / kind
    aead = {"PYWG_AEAD": "sodium", "CMAKE_PREFIX_PATH": str(libsodium)}
    zig.configure(LIBPYWG, directory, target, {**aead, **settings})
    zig.build(directory)
    return directory
