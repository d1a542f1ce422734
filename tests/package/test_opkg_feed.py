"""The index of a feed, and its signature as signify(1) sees it."""

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


def test_index_tells_how_to_fetch_a_package(folder: Path) -> None:
    index = (folder / "Packages").read_text()
    assert "Package: example\n" in index
    assert index.endswith(
        f"Filename: {ipk.file_name(PACKAGE)}\n"
        f"Size: {len(PACKED)}\n"
        f"SHA256sum: {hashlib.sha256(PACKED).hexdigest()}\n"
        "Description: What it is\n\n"
    )
    assert gzip.decompress((folder / "Packages.gz").read_bytes()).decode() == index


def test_packages_are_a_blank_line_apart(folder: Path) -> None:
    other = PACKAGE._replace(name="other")
    (folder / ipk.file_name(other)).write_bytes(ipk.pack(other, 0))
    opkg_feed.write_index(folder, KEY)
    entries = (folder / "Packages").read_text().removesuffix("\n\n").split("\n\n")
    assert [each.splitlines()[0] for each in entries] == [
        "Package: example",
        "Package: other",
    ]


def test_signature_holds(folder: Path) -> None:
    assert verify(folder)


def test_signature_does_not_hold_for_another_index(folder: Path) -> None:
    with (folder / "Packages").open("a") as index:
        index.write("\n")
    assert not verify(folder)


def test_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    first, second = (
        opkg_feed.load_or_create_key(path),
        opkg_feed.load_or_create_key(path),
    )
    assert first.public == second.public
    assert path.stat().st_mode & 0o777 == 0o600
