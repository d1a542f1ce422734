"""libpywg as built for MicroPython, with either source of its primitives."""

import functools
import subprocess
from pathlib import Path

from package.builder.lock import exclusive

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "pywg_embedded/dataplane/libpywg"
# The smaller one in memory first.
AEADS = ("sodium", "openssl")


@functools.cache
def folder(aead: str) -> Path:
    """Where libpywg is, with this source."""
    target = ROOT / "build" / f"micropython-{aead}"
    settings = ("-D", f"PYWG_AEAD={aead}", "-D", "PYWG_TESTS=OFF")
    with exclusive(target):
        subprocess.run(("cmake", "-S", SOURCES, "-B", target, *settings), check=True)
        subprocess.run(("cmake", "--build", target, "--parallel", "2"), check=True)
    return target
