"""The shared library libpywg for routers: architecture, dependencies and symbols."""

import ctypes
import functools
import re
import subprocess
from pathlib import Path

import pytest

from package.builder import elf, libpywg, link_stubs
from package.builder.targets import TARGETS
from pywg_embedded.dataplane.signatures import SIGNATURES, SONAME
from tests.cross.test_c_programs import NAMES

MACHINES = {
    "aarch64_generic": "ELF64, little, AArch64",
    "arm_cortex-a15_neon-vfpv4": "ELF32, little, ARM",
    "mips_24kc": "ELF32, big, MIPS R3000",
    "mipsel_24kc": "ELF32, little, MIPS R3000",
    "x86_64": "ELF64, little, Advanced Micro Devices X86-64",
}


# The library that each AEAD needs.
NEEDED = {"sodium": "libsodium.so.26", "openssl": "libcrypto.so.3"}
ROWS = [(name, aead) for aead in NEEDED for name in NAMES]


@functools.cache
def built(name: str, aead: str) -> Path:
    return libpywg.shared_library(TARGETS[name], aead)


def readelf(file: Path, *options: str) -> str:
    command = ("readelf", "--wide", *options, str(file))
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name, aead", ROWS)
def test_library_is_built_for_its_machine(name: str, aead: str) -> None:
    header = readelf(built(name, aead), "--file-header")
    facts = r"Class: +(\w+)\n.*complement, (\w+) endian\n.*Machine: +([^\n]+)"
    match = re.search(facts, header, re.DOTALL)
    assert match and ", ".join(match.groups()) == MACHINES[name]


@pytest.mark.parametrize("name, aead", ROWS)
def test_library_needs_only_the_c_library_and_its_cipher(name: str, aead: str) -> None:
    dynamic = readelf(built(name, aead), "--dynamic")
    needed = [NEEDED[aead], "libc.so"]
    assert re.findall(r"NEEDED.*\[(.*)\]", dynamic) == needed
    assert elf.needed_libraries(built(name, aead).read_bytes()) == needed
    assert re.findall(r"SONAME.*\[(.*)\]", dynamic) == [SONAME]


@pytest.mark.parametrize("name, aead", ROWS)
def test_library_exports_exactly_the_bound_functions(name: str, aead: str) -> None:
    symbols = readelf(built(name, aead), "--dyn-syms")
    exported = re.findall(r"GLOBAL +DEFAULT +\d+ (\w+)", symbols)
    assert set(exported) == {f"pywg_{name}" for name, _, _ in SIGNATURES}


@pytest.mark.parametrize("aead", NEEDED)
def test_called_functions_exist_in_the_cipher_library(aead: str) -> None:
    library = ctypes.CDLL(TARGETS["debian_amd64"].soname(aead))
    assert link_stubs.called_functions(aead)
    assert all(hasattr(library, name) for name in link_stubs.called_functions(aead))


@pytest.mark.parametrize("aead", NEEDED)
def test_library_is_reproducible_when_built_in_another_folder(
    aead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = TARGETS["x86_64"]
    first = libpywg.shared_library(target, aead).read_bytes()
    monkeypatch.setattr(libpywg, "BUILD", tmp_path)
    assert libpywg.shared_library(target, aead).read_bytes() == first
