"""The dependencies of a package with a shared library."""

import re
import subprocess
from pathlib import Path

import pytest

from package.builder import elf, packages
from package.builder.packages import PROVIDERS, Dependency
from pywg_embedded import install_hints
from pywg_embedded.dataplane import _libpywg
from pywg_embedded.dataplane.signatures import SONAME

LIBRARY = Path(_libpywg.__file__).with_name(SONAME)


def library_that_needs(folder: Path, *sonames: str) -> bytes:
    """Return a shared library that was linked to libraries with these sonames."""
    for soname in sonames:
        compile_shared(folder / soname, f"-Wl,-soname,{soname}")
    paths = [str(folder / soname) for soname in sonames]
    target = folder / "library"
    compile_shared(target, "-Wl,--no-as-needed", "-x", "none", *paths)
    return target.read_bytes()


def compile_shared(output: Path, *options: str) -> None:
    command = ("cc", "-shared", "-nostdlib", "-x", "c", "/dev/null", *options)
    subprocess.run((*command, "-o", str(output)), check=True)


def test_needed_libraries_are_those_that_readelf_lists() -> None:
    command = ("readelf", "--wide", "--dynamic", str(LIBRARY))
    listing = subprocess.run(command, capture_output=True, text=True, check=True)
    names = re.findall(r"NEEDED.*\[(.*)\]", listing.stdout)
    assert names
    assert elf.needed_libraries(LIBRARY.read_bytes()) == names


@pytest.mark.parametrize(
    "content",
    [b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF\x03\x01" + bytes(60)],
    ids=len,
)
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not an ELF file"):
        elf.needed_libraries(content)


@pytest.mark.parametrize(
    "sonames, expected",
    [
        pytest.param((), (), id="none"),
        pytest.param(
            ("libsodium.so.26", "libc.so"),
            (Dependency("libc"), Dependency("libsodium", "1.0.19")),
            id="sodium",
        ),
        pytest.param(
            ("libcrypto.so.3", "libc.so"),
            (Dependency("libc"), Dependency("libopenssl3")),
            id="openssl",
        ),
    ],
)
def test_dependencies_are_those_of_the_linked_libraries(
    tmp_path: Path, sonames: tuple[str, ...], expected: tuple[Dependency, ...]
) -> None:
    library = library_that_needs(tmp_path, *sonames)
    assert packages.library_dependencies(library) == expected


def test_library_of_an_unknown_package_is_refused(tmp_path: Path) -> None:
    library = library_that_needs(tmp_path, "libc.so", "libsodium.so.27")
    with pytest.raises(ValueError, match=r"no known package has libsodium\.so\.27"):
        packages.library_dependencies(library)


@pytest.mark.parametrize(
    "soname", [name for name in PROVIDERS if not name.startswith("libc.")]
)
def test_message_about_a_missing_library_names_its_package(soname: str) -> None:
    assert install_hints.library_package(soname) == PROVIDERS[soname].name
