"""libpywg as it goes onto a router: what it exports, and what it asks of others."""

import ctypes
import re
import subprocess
from pathlib import Path

import pytest

from package.builder import library, openssl
from package.builder.targets import TARGETS
from pywg_embedded.dataplane.signatures import SIGNATURES, SONAME
from tests.cross.test_programs import NAMES

MACHINES = {
    "aarch64_generic": "ELF64, little, AArch64",
    "arm_cortex-a15_neon-vfpv4": "ELF32, little, ARM",
    "mips_24kc": "ELF32, big, MIPS R3000",
    "mipsel_24kc": "ELF32, little, MIPS R3000",
    "x86_64": "ELF64, little, Advanced Micro Devices X86-64",
}


# By where the cipher is from: what else it needs.
NEEDED = {"sodium": "libsodium.so.26", "openssl": "libcrypto.so.3"}
ROWS = [(name, aead) for aead in NEEDED for name in NAMES]


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> Path:
    name, aead = request.param
    return library.library(TARGETS[name], aead)


def readelf(file: Path, *options: str) -> str:
    command = ("readelf", "--wide", *options, str(file))
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("built, row", list(zip(ROWS, ROWS)), indirect=["built"])
def test_library_is_for_its_machine(built: Path, row: tuple[str, str]) -> None:
    header = readelf(built, "--file-header")
    facts = r"Class: +(\w+)\n.*complement, (\w+) endian\n.*Machine: +([^\n]+)"
    match = re.search(facts, header, re.DOTALL)
    assert match and ", ".join(match.groups()) == MACHINES[row[0]]


@pytest.mark.parametrize("built, row", list(zip(ROWS, ROWS)), indirect=["built"])
def test_library_needs_the_c_library_and_its_cipher(
    built: Path, row: tuple[str, str]
) -> None:
    dynamic = readelf(built, "--dynamic")
    assert re.findall(r"NEEDED.*\[(.*)\]", dynamic) == [NEEDED[row[1]], "libc.so"]
    assert re.findall(r"SONAME.*\[(.*)\]", dynamic) == [SONAME]


@pytest.mark.parametrize("built", ROWS, indirect=True)
def test_library_exports_what_is_bound(built: Path) -> None:
    exported = re.findall(r"GLOBAL +DEFAULT +\d+ (\w+)", readelf(built, "--dyn-syms"))
    assert set(exported) == {f"pywg_{name}" for name, _, _ in SIGNATURES}


def test_names_of_openssl_are_functions_that_it_has() -> None:
    libcrypto = ctypes.CDLL(openssl.SONAME)
    assert openssl.names()
    assert all(hasattr(libcrypto, name) for name in openssl.names())


@pytest.mark.parametrize("aead", NEEDED)
def test_library_is_the_same_bytes_when_built_elsewhere(
    aead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = TARGETS["x86_64"]
    first = library.library(target, aead).read_bytes()
    monkeypatch.setattr(library, "BUILD", tmp_path)
    assert library.library(target, aead).read_bytes() == first
