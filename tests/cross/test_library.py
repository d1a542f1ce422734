"""libpywg as it goes onto a router: what it exports, and what it asks of others."""

import re
import subprocess
from pathlib import Path

import pytest

from package.builder import library
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


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> Path:
    return library.library(TARGETS[request.param])


def readelf(file: Path, *options: str) -> str:
    command = ("readelf", "--wide", *options, str(file))
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("built, name", list(zip(NAMES, NAMES)), indirect=["built"])
def test_library_is_for_its_machine(built: Path, name: str) -> None:
    header = readelf(built, "--file-header")
    facts = r"Class: +(\w+)\n.*complement, (\w+) endian\n.*Machine: +([^\n]+)"
    match = re.search(facts, header, re.DOTALL)
    assert match and ", ".join(match.groups()) == MACHINES[name]


@pytest.mark.parametrize("built", NAMES, indirect=True)
def test_library_needs_the_c_library_and_libsodium(built: Path) -> None:
    dynamic = readelf(built, "--dynamic")
    assert re.findall(r"NEEDED.*\[(.*)\]", dynamic) == ["libsodium.so.26", "libc.so"]
    assert re.findall(r"SONAME.*\[(.*)\]", dynamic) == [SONAME]


@pytest.mark.parametrize("built", NAMES, indirect=True)
def test_library_exports_what_is_bound(built: Path) -> None:
    exported = re.findall(r"GLOBAL +DEFAULT +\d+ (\w+)", readelf(built, "--dyn-syms"))
    assert set(exported) == {f"pywg_{name}" for name, _, _ in SIGNATURES}


def test_library_is_the_same_bytes_when_built_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = TARGETS["x86_64"]
    first = library.library(target).read_bytes()
    monkeypatch.setattr(library, "BUILD", tmp_path)
    assert library.library(target).read_bytes() == first
