"""What a router gets: all that it needs, and where it belongs."""

import itertools

import pytest

from luci import po
from package.builder import libpywg, packages
from package.builder.paths import CHECKOUT
from package.builder.targets import TARGETS
from pywg_embedded.dataplane.signatures import SONAME

TARGET = TARGETS["x86_64"]
PYWG_EMBEDDED, LUCI = packages.pywg_embedded(), packages.luci_proto_pywg()
Packages = tuple[packages.Package, ...]


@pytest.fixture(scope="module")
def all_packages() -> Packages:
    """All packages; the libraries, which are compiled, are the first two."""
    return packages.all_packages(TARGET)


def test_only_the_library_depends_on_the_architecture(all_packages: Packages) -> None:
    assert all_packages[0].architecture == TARGET.name
    assert PYWG_EMBEDDED.architecture == "all"


def test_package_depends_on_one_of_two_libraries(all_packages: Packages) -> None:
    library, alternative, *rest = all_packages
    assert rest == [PYWG_EMBEDDED, LUCI]
    assert packages.required_packages(TARGET) == (library, PYWG_EMBEDDED)
    assert library.provides == alternative.provides == ("libpywg",)
    assert library.conflicts == (alternative.full_name,)
    assert alternative.conflicts == (library.full_name,)
    assert packages.Dependency(f"libpywg{library.abi}") in PYWG_EMBEDDED.depends
    assert (library.preferred, alternative.preferred) == (True, False)


def test_library_depends_on_what_it_was_linked_to(all_packages: Packages) -> None:
    libc = packages.Dependency("libc")
    sodium = packages.Dependency("libsodium", "1.0.19")
    openssl = packages.Dependency("libopenssl3")
    assert [each.depends for each in all_packages[:2]] == [
        (libc, sodium),
        (libc, openssl),
    ]


def test_library_is_installed_in_the_loader_path(all_packages: Packages) -> None:
    content = libpywg.shared_library(TARGET, "sodium").read_bytes()
    assert all_packages[0].files[f"usr/lib/{SONAME}"].content == content


@pytest.mark.parametrize("path", packages.COMMANDS)
def test_command_writes_its_bytecode_to_ram(path: str) -> None:
    file = PYWG_EMBEDDED.files[path]
    assert file.mode == 0o755
    assert b'sys.pycache_prefix = "/var/run/' in file.content


def test_package_contains_only_project_files() -> None:
    home = f"{packages.HOME}/pywg_embedded/"
    sources = {path for path in PYWG_EMBEDDED.files if path.startswith(home)}
    assert home + "daemon/main.py" in sources
    others = {*packages.COMMANDS, *packages.SYSTEM, f"{packages.HOME}/LICENSE"}
    assert sources | others == set(PYWG_EMBEDDED.files)
    assert not any("/libpywg/" in path or "__pycache__" in path for path in sources)


def test_package_contains_every_system_file() -> None:
    folder = CHECKOUT / "package/pywg-embedded/files"
    names = {name for name, _ in packages.SYSTEM.values()}
    assert names == {path.name for path in folder.iterdir()}


def test_luci_package_contains_every_page_and_language() -> None:
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


def test_packages_share_no_file(all_packages: Packages) -> None:
    installed = (all_packages[0], PYWG_EMBEDDED, LUCI)
    for first, second in itertools.combinations(installed, 2):
        assert not first.files.keys() & second.files.keys(), (first.name, second.name)
