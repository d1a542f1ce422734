"""What the built library exports and imports."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pywg_embedded
from pywg_embedded import __version__
from pywg_embedded.dataplane import _libpywg
from pywg_embedded.dataplane.library import functions
from pywg_embedded.dataplane.signatures import SIGNATURES, SONAME

LIBRARY = Path(_libpywg.__file__).with_name(SONAME)
ALLOCATORS = {"malloc", "calloc", "realloc", "free", "strdup", "posix_memalign"}


def symbols(which: str) -> set[str]:
    command = ("nm", "--dynamic", "--format=posix", which, str(LIBRARY))
    listing = subprocess.run(command, capture_output=True, text=True, check=True)
    return {line.split()[0].partition("@")[0] for line in listing.stdout.splitlines()}


def test_exports_are_the_bound_functions() -> None:
    assert symbols("--defined-only") == {"pywg_" + name for name, _, _ in SIGNATURES}


def test_library_imports_mmap_but_no_allocator() -> None:
    imported = symbols("--undefined-only")
    assert "mmap" in imported
    assert not imported & ALLOCATORS


def test_version_is_that_of_the_package() -> None:
    assert functions["version"]() == __version__


LIMITS = "import sys; from pywg_embedded.commands import pywg; sys.exit(pywg())"
# The source of another library, and the version in the message.
FOREIGN_LIBRARIES = (
    pytest.param("int pywg_open(void) { return 0; }", "unknown", id="without version"),
    pytest.param(
        'const char *pywg_version(void) { return "0.0.9"; }', "0.0.9", id="0.0.9"
    ),
)


@pytest.mark.parametrize("source, version", FOREIGN_LIBRARIES)
def test_both_versions_are_printed_when_the_library_is_another(
    tmp_path: Path, source: str, version: str
) -> None:
    tree = tmp_path / "pywg_embedded"
    ours = Path(pywg_embedded.__file__).parent
    shutil.copytree(ours, tree, ignore=shutil.ignore_patterns("libpywg"))
    shutil.copy(_libpywg.__file__, tree / "dataplane")
    library = tree / "dataplane" / SONAME
    compiler = ("cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library))
    subprocess.run(compiler, input=source, text=True, check=True)
    done = subprocess.run(
        (sys.executable, "-S", "-c", LIMITS, "limits"),
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join((str(tmp_path), *sys.path))},
        capture_output=True,
        text=True,
    )
    assert done.stderr == (
        f"pywg: {library} has version {version}, but pywg-embedded has version "
        f"{__version__}; upgrade both\n"
    )
    assert (done.returncode, done.stdout) == (1, "")
