"""The C test programs with the newest libsodium in Debian's suites.

OpenWrt's feeds move on to a new version at any time.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from package.builder import elf
from package.builder.lock import exclusive
from package.builder.packages import PROVIDERS
from tests.newest_python import debian

from .test_c_programs import AEAD_OF, PROGRAMS, ROOT, SOURCES

# In one process: apt locks the folder with its lists.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("newest_libsodium")]


@pytest.fixture(scope="module")
def libsodium() -> Path:
    """The folder of the newest libsodium; skips if no newer suite can be reached."""
    try:
        return debian.library(debian.suite(), "libsodium")
    except debian.Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def built(libsodium: Path) -> Path:
    """Build the library and its test programs; return their folder."""
    folder = ROOT / f"build/libpywg-{libsodium.name}"
    (settings,) = libsodium.glob("usr/lib/*/pkgconfig")
    environment = {
        **os.environ,
        "PKG_CONFIG_LIBDIR": str(settings),
        "PKG_CONFIG_SYSROOT_DIR": str(libsodium),
    }
    options = ("-DPYWG_AEAD=sodium", "-DPYWG_SANITIZE=address,undefined")
    configure = ("cmake", "-S", SOURCES, "-B", folder, *options, "-DPYWG_WERROR=ON")
    with exclusive(folder):
        subprocess.run(configure, env=environment, check=True)
        subprocess.run(("cmake", "--build", folder, "--parallel", "2"), check=True)
    return folder


def test_library_uses_the_newest_libsodium(built: Path, libsodium: Path) -> None:
    (library,) = built.glob("libpywg.so.0")
    needed = elf.needed_libraries(library.read_bytes())
    (sodium,) = [name for name in needed if name.startswith("libsodium")]
    # Packages can be built for it.
    assert sodium in PROVIDERS
    loaded = subprocess.run(("ldd", library), capture_output=True, text=True)
    found = re.search(rf"{re.escape(sodium)} => (\S+)", loaded.stdout)
    assert found and libsodium in Path(found[1]).parents


@pytest.mark.parametrize(
    "program", [name for name in PROGRAMS if AEAD_OF.get(name, "sodium") == "sodium"]
)
def test_program_succeeds(built: Path, program: str) -> None:
    subprocess.run([built / "test" / program], check=True)
