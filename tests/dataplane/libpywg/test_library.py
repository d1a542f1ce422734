"""What the built library exports and imports."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pywg_embedded
from package.builder.paths import CHECKOUT
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
VERSION = 'const char *pywg_version(void) {{ return "{}"; }}\n'
# A library with all functions, and with the version of the package.
COMPLETE = VERSION.format(__version__) + "".join(
    f"int pywg_{name}(void) {{ return 0; }}\n"
    for name, _, _ in SIGNATURES
    if name != "version"
)
OTHER_VERSION = (
    "has version {}, but pywg-embedded has version " + __version__ + "; upgrade both"
)
NO_FUNCTION = (
    "has no function pywg_open, although it has the same version as pywg-embedded, "
    f"{__version__}; upgrade both"
)


def copy_package(folder: Path) -> Path:
    """Copy the package to a folder without its library; return that of the data
    plane."""
    tree = folder / "pywg_embedded"
    ours = Path(pywg_embedded.__file__).parent
    shutil.copytree(ours, tree, ignore=shutil.ignore_patterns("libpywg"))
    shutil.copy(_libpywg.__file__, tree / "dataplane")
    return tree / "dataplane"


def compile_library(folder: Path, source: str, *options: str) -> Path:
    library = folder / SONAME
    start = ("cc", "-shared", "-fPIC", "-o", str(library), "-x", "c", "-")
    compiler = (*start, "-x", "none", *options)
    subprocess.run(compiler, input=source, text=True, check=True)
    return library


def limits_error(folder: Path) -> str:
    """Run ``pywg limits`` with the package in a folder, and return its message."""
    done = subprocess.run(
        (sys.executable, "-S", "-c", LIMITS, "limits"),
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join((str(folder), *sys.path))},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


# The source of another library, and what the message says of it.
FOREIGN_LIBRARIES = (
    pytest.param(
        "int pywg_open(void) { return 0; }",
        OTHER_VERSION.format("unknown"),
        id="without-version",
    ),
    pytest.param(VERSION.format("0.0.9"), OTHER_VERSION.format("0.0.9"), id="older"),
    pytest.param(
        COMPLETE.replace(f'"{__version__}"', '"9.0.0"'),
        OTHER_VERSION.format("9.0.0"),
        id="newer-with-all-functions",
    ),
    pytest.param(VERSION.format(__version__), NO_FUNCTION, id="same-version-stale"),
)


@pytest.mark.parametrize("source, message", FOREIGN_LIBRARIES)
def test_limits_says_to_upgrade_both_when_the_library_is_another(
    tmp_path: Path, source: str, message: str
) -> None:
    library = compile_library(copy_package(tmp_path), source)
    assert limits_error(tmp_path) == f"pywg: {library} {message}\n"


def test_limits_says_to_upgrade_both_when_the_declarations_are_stale(
    tmp_path: Path,
) -> None:
    folder = copy_package(tmp_path)
    library = compile_library(folder, COMPLETE)
    older = "".join(
        f"{row!r}, " for row in SIGNATURES if row[0] not in ("open", "close")
    )
    (tmp_path / "older.py").write_text(f"SIGNATURES = ({older})\n")
    bind = (str(CHECKOUT / "pywg_embedded/dataplane/libpywg/bind.py"), "older.py")
    subprocess.run(
        (sys.executable, *bind, str(folder / "_libpywg.py")), cwd=tmp_path, check=True
    )
    assert limits_error(tmp_path) == f"pywg: {library} {NO_FUNCTION}\n"


@pytest.mark.parametrize("library", ["libsodium.so.99", "libcrypto.so.99"])
def test_limits_names_the_library_that_libpywg_lacks(
    tmp_path: Path, library: str
) -> None:
    folder = copy_package(tmp_path)
    needed = tmp_path / library
    named = ("cc", "-shared", "-x", "c", "/dev/null", f"-Wl,-soname,{library}")
    subprocess.run((*named, "-o", str(needed)), check=True)
    compile_library(folder, COMPLETE, "-Wl,--no-as-needed", str(needed))
    needed.unlink()
    assert limits_error(tmp_path).startswith(
        f"pywg: libpywg needs {library}, which is missing (cannot load library "
    )


def test_limits_names_the_library_that_lacks_a_symbol(tmp_path: Path) -> None:
    folder = copy_package(tmp_path)
    named = ("-Wl,-z,now", "-Wl,--no-as-needed", "-lcrypto")
    compile_library(
        folder,
        f"int absent(void); int f(void) {{ return absent(); }}{COMPLETE}",
        *named,
    )
    message = limits_error(tmp_path)
    assert re.match(
        r"pywg: libpywg does not fit the installed libcrypto\.so\.", message
    )
    assert "undefined symbol: absent" in message
