"""What a router gets: all that it needs, and where it belongs."""

import pytest

from package.builder import contents, library
from package.builder.paths import CHECKOUT
from package.builder.targets import TARGETS
from pywg_embedded.dataplane.signatures import SONAME

TARGET = TARGETS["x86_64"]
LIBPYWG, PYWG_EMBEDDED = contents.packages(TARGET)


def test_architecture_is_that_of_what_is_compiled() -> None:
    assert LIBPYWG.architecture == TARGET.name
    assert PYWG_EMBEDDED.architecture == "all"


def test_library_is_where_the_loader_looks() -> None:
    content = library.library(TARGET).read_bytes()
    assert LIBPYWG.files[f"usr/lib/{SONAME}"].content == content


@pytest.mark.parametrize("path", contents.COMMANDS)
def test_command_keeps_its_bytecode_off_the_flash(path: str) -> None:
    file = PYWG_EMBEDDED.files[path]
    assert file.mode == 0o755
    assert b'sys.pycache_prefix = "/var/run/' in file.content


def test_sources_are_those_of_the_project_and_no_more() -> None:
    home = f"{contents.HOME}/pywg_embedded/"
    sources = {path for path in PYWG_EMBEDDED.files if path.startswith(home)}
    assert home + "daemon/main.py" in sources
    others = {*contents.COMMANDS, *contents.SYSTEM}
    assert sources | others == set(PYWG_EMBEDDED.files)
    assert not any("/libpywg/" in path or "__pycache__" in path for path in sources)


def test_system_gets_every_file_that_is_for_it() -> None:
    folder = CHECKOUT / "package/pywg-embedded/files"
    names = {name for name, _ in contents.SYSTEM.values()}
    assert names == {path.name for path in folder.iterdir()}


def test_no_two_packages_have_a_file_in_common() -> None:
    assert not LIBPYWG.files.keys() & PYWG_EMBEDDED.files.keys()
