"""What the built library exports, and what it asks of others."""

import subprocess
from pathlib import Path

from pywg_embedded.dataplane import _libpywg
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
