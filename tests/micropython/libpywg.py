"""libpywg for MicroPython, built with each crypto library."""

import functools
import subprocess
from pathlib import Path

from package.builder.lock import exclusive

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "pywg_embedded/dataplane/libpywg"
# In order of their memory, smallest first.
AEADS = ("sodium", "openssl")


@functools.cache
def folder(aead: str) -> Path:
    """Return the folder of libpywg built with this library."""
    target = ROOT / "build" / f"micropython-{aead}"
    settings = ("-D", f"PYWG_AEAD={aead}", "-D", "PYWG_TESTS=OFF")
    with exclusive(target):
        subprocess.run(("cmake", "-S", SOURCES, "-B", target, *settings), check=True)
        subprocess.run(("cmake", "--build", target, "--parallel", "2"), check=True)
    return target
