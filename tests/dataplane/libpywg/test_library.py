"""What the built library exports, and what it asks of others."""

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


def test_what_is_bound_is_all_that_is_exported() -> None:
    assert symbols("--defined-only") == {"pywg_" + name for name, _, _ in SIGNATURES}


def test_no_memory_is_allocated_but_the_arena() -> None:
    asked = symbols("--undefined-only")
    assert "mmap" in asked
    assert not asked & ALLOCATORS


def test_it_is_of_the_version_of_the_package() -> None:
    assert functions["version"]() == __version__


LIMITS = "import sys; from pywg_embedded.commands import pywg; sys.exit(pywg())"
# What another library has in it, and which one it is then said to be.
OTHERS = (
    ("int pywg_open(void) { return 0; }", "libpywg of an unknown version"),
    ('const char *pywg_version(void) { return "0.0.9"; }', "libpywg 0.0.9"),
)


@pytest.mark.parametrize("row", range(len(OTHERS)))
def test_another_library_is_named_with_its_version_and_ours(
    tmp_path: Path, row: int
) -> None:
    source, named = OTHERS[row]
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
    versions = f"{named}, and this is pywg-embedded {__version__}"
    assert done.stderr == f"pywg: {library} is {versions}: upgrade both\n"
    assert (done.returncode, done.stdout) == (1, "")
