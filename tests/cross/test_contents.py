"""What a router gets: all that it needs, and where it belongs."""

import itertools

import pytest

from luci import po
from package.builder import libpywg, packages
from package.builder.paths import CHECKOUT
from package.builder.targets import TARGETS
from pywg_embedded.dataplane.signatures import SONAME

TARGET = TARGETS["x86_64"]
LIBPYWG, OTHER_LIBPYWG, PYWG_EMBEDDED, LUCI = packages.all_packages(TARGET)


def test_architecture_is_that_of_what_is_compiled() -> None:
    assert LIBPYWG.architecture == TARGET.name
    assert PYWG_EMBEDDED.architecture == "all"


def test_router_needs_one_library_and_may_choose() -> None:
    assert packages.required_packages(TARGET) == (LIBPYWG, PYWG_EMBEDDED)
    assert LIBPYWG.provides == OTHER_LIBPYWG.provides == ("libpywg",)
    assert LIBPYWG.conflicts == (OTHER_LIBPYWG.full_name,)
    assert OTHER_LIBPYWG.conflicts == (LIBPYWG.full_name,)
    assert f"libpywg{LIBPYWG.abi}" in PYWG_EMBEDDED.depends
    assert (LIBPYWG.preferred, OTHER_LIBPYWG.preferred) == (True, False)


def test_library_is_where_the_loader_looks() -> None:
    content = libpywg.shared_library(TARGET, "sodium").read_bytes()
    assert LIBPYWG.files[f"usr/lib/{SONAME}"].content == content


@pytest.mark.parametrize("path", packages.COMMANDS)
def test_command_keeps_its_bytecode_off_the_flash(path: str) -> None:
    file = PYWG_EMBEDDED.files[path]
    assert file.mode == 0o755
    assert b'sys.pycache_prefix = "/var/run/' in file.content


def test_sources_are_those_of_the_project_and_no_more() -> None:
    home = f"{packages.HOME}/pywg_embedded/"
    sources = {path for path in PYWG_EMBEDDED.files if path.startswith(home)}
    assert home + "daemon/main.py" in sources
    others = {*packages.COMMANDS, *packages.SYSTEM, f"{packages.HOME}/LICENSE"}
    assert sources | others == set(PYWG_EMBEDDED.files)
    assert not any("/libpywg/" in path or "__pycache__" in path for path in sources)


def test_system_gets_every_file_that_is_for_it() -> None:
    folder = CHECKOUT / "package/pywg-embedded/files"
    names = {name for name, _ in packages.SYSTEM.values()}
    assert names == {path.name for path in folder.iterdir()}


def test_luci_gets_every_page_and_language() -> None:
    tree = po.PACKAGE
    shipped = {path for path in tree.glob("htdocs/**/*") if path.is_file()}
    assert LUCI.files["www/luci-static/resources/protocol/pywg.js"]
    pages = {path for path in LUCI.files if path.startswith("www/")}
    assert len(pages) == len(shipped)
    assert LUCI.files["usr/share/rpcd/acl.d/luci-proto-pywg.json"]
    languages = {path for path in LUCI.files if path.endswith(".lmo")}
    assert languages == {
        f"usr/lib/lua/luci/i18n/pywg.{language}.lmo" for language in ("de", "fr")
    }
    # Each is a package by itself in the feed.
    assert LUCI.replaces == ("luci-i18n-pywg-de", "luci-i18n-pywg-fr")


@pytest.mark.parametrize(
    "one, other", list(itertools.combinations((LIBPYWG, PYWG_EMBEDDED, LUCI), 2))
)
def test_no_two_packages_have_a_file_in_common(
    one: packages.Package, other: packages.Package
) -> None:
    assert not one.files.keys() & other.files.keys()
