"""The C test programs on machines of other byte orders and word sizes.

They are linked statically with musl and run by the user mode emulator of QEMU.
"""

import functools
import subprocess
from pathlib import Path

import pytest

from package.builder import libpywg
from package.builder.paths import LIBPYWG
from package.builder.targets import TARGETS

# One target per instruction set.
NAMES = (
    "aarch64_generic",
    "arm_cortex-a15_neon-vfpv4",
    "mips_24kc",
    "mipsel_24kc",
    "x86_64",
)
PROGRAMS = sorted(path.stem for path in LIBPYWG.glob("test/test_*.c"))
# It needs an AEAD that is not built for the targets.
PROGRAMS.remove("test_aead_openssl")


# QEMU hands the size of segments over in the other byte order, and it asks for them.
NOT_TRIED = {("mips_24kc", "test_threads")}
ROWS = [
    (name, program)
    for name in NAMES
    for program in PROGRAMS
    if (name, program) not in NOT_TRIED
]


@functools.cache
def folder(name: str) -> Path:
    """Build the programs for a target and return their folder."""
    return libpywg.test_programs(TARGETS[name])


@pytest.mark.parametrize("name, program", ROWS)
def test_program_succeeds(name: str, program: str) -> None:
    emulator = f"qemu-{TARGETS[name].qemu}"
    subprocess.run([emulator, folder(name) / program], check=True)
