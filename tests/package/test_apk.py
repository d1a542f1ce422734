"""Packages and index for apk, as read by apk; skipped without it."""

import re
import subprocess
from pathlib import Path

import pytest

from package.builder import apk
from package.builder.packages import VERSION
from tests.package.test_ipk import PACKAGE, STAMP


@pytest.fixture(autouse=True)
def tool(has_apk: bool) -> None:
    if not has_apk:
        pytest.skip(apk.MISSING)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / apk.file_name(PACKAGE)
    apk.write(PACKAGE, STAMP, path)
    return path


def dump(path: Path) -> str:
    command = ("apk", "adbdump", "--allow-untrusted", str(path))
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_file_name_has_name_and_version() -> None:
    assert apk.file_name(PACKAGE) == f"example-{VERSION}.apk"


@pytest.mark.parametrize(
    "line",
    [
        "name: example",
        f"version: {VERSION}",
        "arch: mips_24kc",
        "license: MIT",
        "origin: pywg-embedded",
        "maintainer: The pywg-embedded authors",
        "- libc",
        "- libsodium>=1.0.19",
        f"- sample={VERSION}",
        "- openwrt:section=net",
    ],
)
def test_package_has_the_field(line: str, packed: Path) -> None:
    assert line in [each.strip() for each in dump(packed).splitlines()]


def test_architecture_of_any_is_noarch(tmp_path: Path) -> None:
    apk.write(PACKAGE._replace(architecture="all"), STAMP, tmp_path / "x.apk")
    assert "arch: noarch\n" in dump(tmp_path / "x.apk")


def test_library_has_its_abi_in_the_name_and_versioned_provides(
    tmp_path: Path,
) -> None:
    library = PACKAGE._replace(name="libexample", abi="7")
    assert apk.file_name(library) == f"libexample7-{VERSION}.apk"
    apk.write(library, STAMP, tmp_path / "x.apk")
    lines = [each.strip() for each in dump(tmp_path / "x.apk").splitlines()]
    assert "name: libexample7" in lines
    assert "- openwrt:abiversion=7" in lines
    assert {"- libexample", "- sample", f"- sample7={VERSION}"} <= set(lines)


def test_package_replaces_what_it_provides_and_conflicts_with(tmp_path: Path) -> None:
    apk.write(PACKAGE._replace(conflicts=("sample",)), STAMP, tmp_path / "x.apk")
    text = dump(tmp_path / "x.apk")
    assert re.search(r"replaces:.*\n *- sample\n", text)


def test_files_are_owned_by_root_and_listed(packed: Path) -> None:
    text = dump(packed)
    assert "lib/apk/packages" in text and "- name: example.list" in text
    assert "user: root" in text and "group: root" in text
    assert "mode: 0755" in text


def test_script_of_the_package_runs_before_services_start(packed: Path) -> None:
    text = dump(packed)
    assert text.index("true\n") < text.index("default_postinst")


def test_package_is_reproducible(packed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.apk"
    apk.write(PACKAGE, STAMP, again)
    assert again.read_bytes() == packed.read_bytes()


def test_index_is_verified_with_the_public_key_beside_it(packed: Path) -> None:
    folder = packed.parent
    apk.write_index(folder, apk.load_or_create_key(folder / "private"))
    keys = folder / "keys"
    keys.mkdir()
    index = ("apk", "verify", f"--keys-dir={keys}", str(folder / apk.INDEX))
    assert subprocess.run(index).returncode != 0
    (folder / apk.PUBLIC_KEY).rename(keys / apk.PUBLIC_KEY)
    assert subprocess.run(index).returncode == 0


def test_key_is_created_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    first = apk.load_or_create_key(path).read_bytes()
    assert apk.load_or_create_key(path).read_bytes() == first
    assert path.stat().st_mode & 0o777 == 0o600
