"""The index of a feed for opkg, and its signature as verified by signify(1)."""

import gzip
import hashlib
import subprocess
from pathlib import Path

import pytest

from package.builder import ipk, opkg_feed
from tests.package.test_ipk import PACKAGE, PACKED

KEY = opkg_feed.UsignKey(bytes(range(32)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ipk.file_name(PACKAGE)).write_bytes(PACKED)
    opkg_feed.write_index(tmp_path, KEY)
    return tmp_path


def verify(folder: Path) -> bool:
    files = ("-p", KEY.fingerprint.hex(), "-x", "Packages.sig", "-m", "Packages")
    command = ("signify-openbsd", "-V", "-q", *files)
    return subprocess.run(command, cwd=folder).returncode == 0


def test_index_has_name_size_and_hash_of_a_package(folder: Path) -> None:
    index = (folder / "Packages").read_text()
    assert "Package: example\n" in index
    assert index.endswith(
        f"Filename: {ipk.file_name(PACKAGE)}\n"
        f"Size: {len(PACKED)}\n"
        f"SHA256sum: {hashlib.sha256(PACKED).hexdigest()}\n"
        "Description: An example\n\n"
    )
    assert gzip.decompress((folder / "Packages.gz").read_bytes()).decode() == index


def test_packages_are_separated_by_a_blank_line(folder: Path) -> None:
    second = PACKAGE._replace(name="second")
    (folder / ipk.file_name(second)).write_bytes(ipk.pack(second, 0))
    opkg_feed.write_index(folder, KEY)
    entries = (folder / "Packages").read_text().removesuffix("\n\n").split("\n\n")
    assert [each.splitlines()[0] for each in entries] == [
        "Package: example",
        "Package: second",
    ]


def test_signature_is_valid(folder: Path) -> None:
    assert verify(folder)


def test_signature_is_invalid_for_a_changed_index(folder: Path) -> None:
    with (folder / "Packages").open("a") as index:
        index.write("\n")
    assert not verify(folder)


def test_key_is_created_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    first, second = (
        opkg_feed.load_or_create_key(path),
        opkg_feed.load_or_create_key(path),
    )
    assert first.public == second.public
    assert path.stat().st_mode & 0o777 == 0o600
