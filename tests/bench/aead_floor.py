"""The CPU time of the AEAD alone: a lower bound for every implementation."""

import subprocess
from pathlib import Path

from tests.lab.topology import INSIDE_MTU

from .programs import Program
from .workload import Workload

LIBSODIUM, OPENSSL = "libsodium", "OpenSSL"
# Name: (source file, name for pkg-config).
_LIBRARIES = {
    LIBSODIUM: ("speed_sodium.c", "libsodium"),
    OPENSSL: ("speed_openssl.c", "libcrypto"),
}
LIBRARIES = {
    name: Program(name, (f"build/bench/{name}",), version="alone")
    for name in _LIBRARIES
}
_SOURCES = Path(__file__).parent / "aead"
_COMPILER = ("cc", "-std=c99", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror")
# IPv4 header, and TCP header with timestamps.
_HEADERS = 20 + 20 + 12


def measure(library: Program, workload: Workload) -> dict[str, float]:
    """Return CPU-seconds per Gbit to encrypt and decrypt each packet once."""
    program = Path(library.command[0])
    if not program.exists():
        _build(library.name, program)
    command = [str(program), str(INSIDE_MTU), str(workload.aead_seconds)]
    seconds = float(subprocess.check_output(command))
    return {"cpu": seconds * 1e9 / 8 / (INSIDE_MTU - _HEADERS)}


def _build(name: str, program: Path) -> None:
    source, package = _LIBRARIES[name]
    program.parent.mkdir(parents=True, exist_ok=True)
    command = ["pkg-config", "--cflags", "--libs", package]
    flags = subprocess.check_output(command, text=True).split()
    sources = [str(_SOURCES / "speed.c"), str(_SOURCES / source)]
    subprocess.run([*_COMPILER, *sources, "-o", str(program), *flags], check=True)
