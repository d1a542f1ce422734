"""A release with libraries that are really compiled, for one target."""

import subprocess
from pathlib import Path

from package.builder import ipk, opkg_feed, packages
from package.builder.targets import TARGETS
from package.release import assemble, checks, keys
from tests.package.checkouts import copy_checkout

TARGET = TARGETS["x86_64"]


def test_release_has_the_compiled_libraries_in_a_signed_feed(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    keys.create_keys(tmp_path / "keys")
    release = assemble.Release(
        checkout,
        tmp_path / "made",
        (TARGET,),
        tmp_path / "keys",
        "https://example.org",
        checks.check_version(checkout),
    )
    assert list(assemble.assemble(release))
    feed = tmp_path / "made/feeds/opkg/x86_64"
    for package in packages.all_packages(TARGET):
        path = feed / ipk.file_name(package)
        assert ipk.member(path.read_bytes(), "data")
    key = opkg_feed.load_or_create_key(tmp_path / "keys" / keys.OPKG)
    files = ("-p", key.fingerprint.hex(), "-x", "Packages.sig", "-m", "Packages")
    verify = ("signify-openbsd", "-V", "-q", *files)
    assert subprocess.run(verify, cwd=feed).returncode == 0
