"""The Makefiles of the feed, run by a few lines that stand for OpenWrt's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from package.builder import packages
from package.builder.archive import File
from pywg_embedded import __version__

PACKAGES = Path(__file__).parents[2] / "package"
RULES = """
INCLUDE_DIR := $(TOPDIR)/include
INSTALL_DIR := install -d -m 755
INSTALL_BIN := install -m 755
INSTALL_DATA := install -m 644
CP := cp -fpR
TAR := tar
PKG_BUILD_DIR := $(WORK)/build
PKG_INSTALL_DIR := $(WORK)/install
PYTHON3_PKG_DIR := /usr/lib/python3/site-packages
"""
BUILD = """
define BuildPackage
$(eval $(Package/$(1)))
ifneq ($(TITLE),)
all:: $(1)
$(1):
	$(info $(1): $(PKG_VERSION); $(DEPENDS); $(VARIANT); $(PROVIDES); $(ABI_VERSION))
	$(call Build/Prepare)
	$(call Py3Build/Compile)
	$(call Py3Build/Install)
	$(call Py3Package/$(1)/install,$(WORK)/install)
endif
$$(info $$(call Package/$(1)/postrm))
endef
"""
PYTHON = """
define HostPython3/Run
cd $(1) && $(HOST_PYTHON3_BIN) $(2)
endef
"""


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A folder that looks like OpenWrt's source to a Makefile."""
    python = "feeds/packages/lang/python/python3-package.mk"
    files = {
        "rules.mk": RULES,
        "include/package.mk": BUILD,
        "include/cmake.mk": "",
        python: PYTHON,
    }
    for path, text in files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return tmp_path


def made(top: Path, name: str) -> tuple[list[str], Path]:
    """What is said of the packages, and what goes onto a router."""
    settings = {
        "TOPDIR": top,
        "WORK": top / "work",
        "HOST_PYTHON3_BIN": sys.executable,
    }
    assignments = [f"{key}={value}" for key, value in settings.items()]
    command = ("make", "-s", "-C", str(PACKAGES / name), *assignments, "all")
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines(), top / "work/install"


def test_library_is_there_with_either_cipher(top: Path) -> None:
    said, _ = made(top, "libpywg")
    provided = f"libpywg; {packages.ABI}"
    assert [line for line in said if line] == [
        f"libpywg-sodium: {__version__}; +libsodium; sodium; {provided}",
        f"libpywg-openssl: {__version__}; +libopenssl; openssl; {provided}",
    ]


def test_daemon_asks_for_what_the_other_packages_ask_for(top: Path) -> None:
    said, _ = made(top, "pywg-embedded")
    # Here, a library is named without its abi, which the build system adds.
    depends = [
        f"+{name.removesuffix(packages.ABI) if 'libpywg' in name else name}"
        for name in packages.pywg_embedded().depends
        if name != "libc"
    ]
    name, rest = said[0].split(":")
    assert name == "pywg-embedded"
    assert rest.split(";")[0].strip() == __version__
    assert sorted(rest.split(";")[1].split()) == sorted(depends)


def test_system_gets_the_same_files_either_way(top: Path) -> None:
    _, root = made(top, "pywg-embedded")
    expected = packages.pywg_embedded().files
    for path in packages.SYSTEM:
        file = root / path
        assert File(file.read_bytes(), file.stat().st_mode & 0o777) == expected[path]


def test_removal_does_the_same_either_way(top: Path) -> None:
    said, _ = made(top, "pywg-embedded")
    assert packages.pywg_embedded().postrm.strip() in "\n".join(said)


@pytest.mark.parametrize("command", sorted(packages.COMMANDS))
def test_commands_say_their_version(top: Path, command: str) -> None:
    _, root = made(top, "pywg-embedded")
    assert os.access(root / command, os.X_OK)
    site = root / "usr/lib/python3/site-packages"
    assert (site / "pywg_embedded/dataplane/_libpywg.py").exists()
    done = subprocess.run(
        (sys.executable, "-S", str(root / command), "--version"),
        env={"PYTHONPATH": f"{site}:{':'.join(sys.path)}"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == f"{Path(command).name} {__version__}\n", done.stderr
