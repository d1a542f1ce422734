"""The Makefiles of the feed, with stubs for those of OpenWrt's build system."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from package.builder import packages
from package.builder.archive import File
from package.builder.paths import CHECKOUT
from package.release import makefiles, source
from pywg_embedded import __version__

from .checkouts import copy_checkout

PACKAGES = CHECKOUT / "package"
RULES = """
INCLUDE_DIR := $(TOPDIR)/include
INSTALL_DIR := install -d -m 755
INSTALL_BIN := install -m 755
INSTALL_DATA := install -m 644
CP := cp -fpR
TAR := tar
BUILD_DIR := $(WORK)
DL_DIR := $(WORK)/dl
PKG_BUILD_DIR := $(WORK)/build
PKG_INSTALL_DIR := $(WORK)/install
PYTHON3_PKG_DIR := /usr/lib/python3/site-packages
"""
BUILD = """
define Build/Prepare
gzip -dc $(DL_DIR)/$(PKG_SOURCE) | $(TAR) -C $(PKG_BUILD_DIR)/.. -xf -
endef
define BuildPackage
$(eval $(Package/$(1)))
ifneq ($(TITLE),)
all:: $(1)
$(1):
	$(info $(1): $(PKG_VERSION); $(DEPENDS); $(VARIANT); $(PROVIDES); $(ABI_VERSION))
	mkdir -p $(PKG_BUILD_DIR)
	$(call Build/Prepare)
	$(call Py3Build/Compile)
	$(call Py3Build/Install)
	$(call Py3Package/$(1)/install,$(WORK)/install)
endif
$$(info $$(call Package/$(1)/postinst))
$$(info $$(call Package/$(1)/postrm))
endef
"""
LUCI = """
PKG_BUILD_DIR := $(BUILD_DIR)/luci-proto-pywg
all:
	mkdir -p $(PKG_BUILD_DIR)
	$(call UNPACK_CMD,$(PKG_BUILD_DIR))
	$(call Build/Prepare/luci-proto-pywg)
"""
PYTHON = """
define HostPython3/Run
cd $(1) && $(HOST_PYTHON3_BIN) $(2)
endef
"""


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A folder that Makefiles take for OpenWrt's source."""
    python = "feeds/packages/lang/python/python3-package.mk"
    files = {
        "rules.mk": RULES,
        "include/package.mk": BUILD,
        "include/cmake.mk": "",
        "feeds/luci/luci.mk": LUCI,
        python: PYTHON,
    }
    for path, text in files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return tmp_path


def made(top: Path, folder: Path) -> tuple[list[str], Path]:
    """Return the printed lines, and the folder with the installed files."""
    settings = {
        "TOPDIR": top,
        "WORK": top / "work",
        "HOST_PYTHON3_BIN": sys.executable,
    }
    assignments = [f"{key}={value}" for key, value in settings.items()]
    command = ("make", "-s", "-C", str(folder), *assignments, "all")
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines(), top / "work/install"


def test_library_is_built_with_each_aead(top: Path) -> None:
    said, _ = made(top, PACKAGES / "libpywg")
    provided = f"libpywg; {packages.ABI}"
    assert [line for line in said if line] == [
        f"libpywg-sodium: {__version__}; +libsodium; sodium; {provided}",
        f"libpywg-openssl: {__version__}; +libopenssl; openssl; {provided}",
    ]


def test_dependencies_equal_those_of_the_builder(top: Path) -> None:
    said, _ = made(top, PACKAGES / "pywg-embedded")
    # The build system adds the ABI version to the name of a library.
    depends = [
        f"+{name.removesuffix(packages.ABI) if 'libpywg' in name else name}"
        for name, _ in packages.pywg_embedded().depends
        if name != "libc"
    ]
    name, rest = said[0].split(":")
    assert name == "pywg-embedded"
    assert rest.split(";")[0].strip() == __version__
    assert sorted(rest.split(";")[1].split()) == sorted(depends)


def test_system_files_equal_those_of_the_builder(top: Path) -> None:
    _, root = made(top, PACKAGES / "pywg-embedded")
    expected = packages.pywg_embedded().files
    for path in packages.SYSTEM:
        file = root / path
        assert File(file.read_bytes(), file.stat().st_mode & 0o777) == expected[path]


@pytest.mark.parametrize("script", ["postinst", "postrm"])
def test_script_equals_that_of_the_builder(top: Path, script: str) -> None:
    said, _ = made(top, PACKAGES / "pywg-embedded")
    expected = getattr(packages.pywg_embedded(), script)
    assert expected and expected.strip() in "\n".join(said)


@pytest.mark.parametrize("command", sorted(packages.COMMANDS))
def test_commands_print_their_version(top: Path, command: str) -> None:
    _, root = made(top, PACKAGES / "pywg-embedded")
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


# The same packages, built from the archive of a release.


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the packages; the archive is in the folder "dl" beside it."""
    folder = tmp_path_factory.mktemp("released")
    archive = source.archive(copy_checkout(folder / "checkout"), __version__)
    (folder / "dl").mkdir()
    (folder / "dl" / source.file_name(__version__)).write_bytes(archive)
    digest = source.sha256(archive)
    makefiles.copy_packages(
        folder / "checkout", folder / "packages", __version__, "https://x", digest
    )
    return folder


def download(released: Path, top: Path) -> None:
    (top / "work").mkdir()
    (top / "work/dl").symlink_to(released / "dl")


def files_of(root: Path) -> dict[str, File]:
    return {
        str(path.relative_to(root)): File(
            path.read_bytes(), path.stat().st_mode & 0o777
        )
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("name", ["libpywg", "pywg-embedded"])
def test_archive_gives_the_same_package_as_the_checkout(
    released: Path, top: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    other_top = tmp_path_factory.mktemp("top")
    shutil.copytree(top, other_top, dirs_exist_ok=True)
    expected, expected_root = made(top, PACKAGES / name)
    download(released, other_top)
    lines, root = made(other_top, released / "packages" / name)
    assert lines == expected
    assert files_of(root) == files_of(expected_root)


def test_archive_is_unpacked_to_a_folder_for_each_variant(
    released: Path, top: Path
) -> None:
    download(released, top)
    made(top, released / "packages/libpywg")
    folder = f"pywg-embedded-{__version__}"
    assert (top / "work/libpywg" / folder / "LICENSE").is_file()
    text = (released / "packages/libpywg/Makefile").read_text()
    variable = "$(PKG_NAME)$(if $(BUILD_VARIANT),-$(BUILD_VARIANT))"
    assert (
        f"PKG_BUILD_DIR:=$(BUILD_DIR)/{variable}/pywg-embedded-$(PKG_VERSION)" in text
    )


def test_archive_is_unpacked_as_luci_expects(released: Path, top: Path) -> None:
    download(released, top)
    made(top, released / "packages/luci-proto-pywg")
    luci = CHECKOUT / "luci/luci-proto-pywg"
    unpacked = top / "work/luci-proto-pywg"
    for name in ("htdocs", "root"):
        assert files_of(unpacked / name) == files_of(luci / name)
    assert (unpacked / "LICENSE").is_file()
    assert files_of(released / "packages/luci-proto-pywg/po") == files_of(luci / "po")


def test_makefile_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="neither includes checkout"):
        makefiles.from_archive("PKG_RELEASE:=1\n", "1", "https://x", "0")
    with pytest.raises(ValueError, match="no PKG_RELEASE"):
        makefiles.from_archive("include ../checkout.mk\n", "1", "https://x", "0")
