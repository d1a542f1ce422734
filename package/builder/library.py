"""libpywg for a target, and the programs that test it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from pywg_embedded.dataplane.signatures import SONAME

from . import openssl, sodium, zig
from .paths import BUILD, LIBPYWG
from .targets import Target

SIGNATURES = LIBPYWG.with_name("signatures.py")
# Where the cipher may come from.
AEADS = {"openssl": openssl.prefix, "sodium": sodium.prefix}


def binding() -> bytes:
    """The module that lets CPython call the library."""
    with tempfile.TemporaryDirectory() as work:
        module = Path(work) / "_libpywg.py"
        bind = (sys.executable, str(LIBPYWG / "bind.py"), str(SIGNATURES))
        subprocess.run((*bind, str(module)), stdout=subprocess.DEVNULL, check=True)
        return module.read_bytes()


def library(target: Target, aead: str) -> Path:
    """The shared library, which asks the target for the one it has its cipher from."""
    return _built(target, aead, "shared", {"PYWG_TESTS": "OFF"}) / SONAME


def programs(target: Target) -> Path:
    """The folder of the test programs, which ask the target for nothing."""
    settings = {"CMAKE_EXE_LINKER_FLAGS": "-static"}
    return _built(target, "sodium", "static", settings) / "test"


def _built(target: Target, aead: str, kind: str, settings: dict[str, str]) -> Path:
    directory = BUILD / f"{target.name}-{zig.key(target)}" / aead / kind
    cipher = {"PYWG_AEAD": aead, "CMAKE_PREFIX_PATH": str(AEADS[aead](target, kind))}
    zig.configure(LIBPYWG, directory, target, {**cipher, **settings})
    zig.build(directory)
    return directory
