"""The packages in the hands of opkg and apk, on a router's own file system.

The folders "first" and "second" hold a release each, signed with the key "ours".
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from package.builder import apk, contents, feed, ipk
from package.builder.targets import TARGETS, Target
from tests.package.conftest import Router

STAMP = 1_700_000_000
NAMES = "libpywg-openssl pywg-embedded luci-proto-pywg"
RELEASES = {"first": "0.1.0-r1", "second": "0.1.0-r2"}
# What the managers note for themselves, and what programs do in passing.
NOTES = re.compile(r"/(dev|etc/apk|etc/opkg|lib/apk|proc|sys|tmp|usr/lib/opkg|var)\b")


class Manager(NamedTuple):
    """``write`` makes a signed folder; the rest are commands on a router."""

    name: str
    tools: tuple[str, ...]
    write: Callable[[tuple[contents.Package, ...], Path, Path], Path]
    trust: str
    use: str
    add: str
    upgrade: str
    remove: str
    installed: str


def write_ipk(packages: tuple[contents.Package, ...], folder: Path, key: Path) -> Path:
    for package in packages:
        (folder / ipk.file_name(package)).write_bytes(ipk.pack(package, STAMP))
    signer = feed.load_key(key)
    feed.write_index(folder, signer)
    return folder / signer.number.hex()


def write_apk(packages: tuple[contents.Package, ...], folder: Path, key: Path) -> Path:
    for package in packages:
        apk.write(package, STAMP, folder / apk.file_name(package))
    apk.write_index(folder, apk.load_key(key))
    return folder / apk.PUBLIC_KEY


OPKG = Manager(
    "opkg",
    ("opkg", "opkg-key", "usign"),
    write_ipk,
    "cp {key} /etc/opkg/keys && echo option check_signature >>/etc/opkg.conf"
    " && echo arch {architecture} 20 >>/etc/opkg.conf",
    "echo src/gz ours file:///tmp/{folder} >/etc/opkg/customfeeds.conf && opkg update",
    "opkg install",
    "opkg upgrade",
    "opkg remove",
    "opkg list-installed",
)
APK = Manager(
    "apk",
    ("apk",),
    write_apk,
    "cp {key} /etc/apk/keys && echo {architecture} >>/etc/apk/arch",
    "echo file:///tmp/{folder}/packages.adb >/etc/apk/repositories.d/customfeeds.list"
    " && apk update",
    "apk add",
    "apk upgrade",
    "apk del",
    "apk list --installed",
)


class Shop:
    """A router, and what it can install."""

    def __init__(self, router: Router, manager: Manager) -> None:
        self.router = router
        self.manager = manager
        self.target = _target(router)

    def offer(self, folder: str, key: str = "ours") -> str:
        """Fill a folder of packages; where the router sees the key for it."""
        path = self.router.tmp / folder
        path.mkdir()
        packages = contents.everything(self.target)
        public = self.manager.write(packages, path, self.router.tmp / f"{key}.private")
        return f"/tmp/{folder}/{public.name}"

    def do(self, command: str, check: bool = True, **words: str) -> str:
        """A command of the manager's, on the router."""
        words["architecture"] = self.target.name
        return self.router.run(command.format(**words), check)

    def installed(self) -> set[str]:
        """Names and releases of those that are ours."""
        listing = self.do(self.manager.installed)
        found = re.findall(r"^(\S*pywg\S*?)(?: - |-)(\d\S*)", listing, re.MULTILINE)
        return {f"{name} {release}" for name, release in found}


@pytest.fixture(params=[OPKG, APK], ids=lambda manager: manager.name)
def shop(
    request: pytest.FixtureRequest, router: Router, monkeypatch: pytest.MonkeyPatch
) -> Shop:
    manager: Manager = request.param
    if manager is APK and not apk.tool():
        pytest.skip(apk.MISSING)
    if not router.has(*manager.tools):
        pytest.skip(f"the router lacks one of {', '.join(manager.tools)}")
    shop = Shop(router, manager)
    for folder, release in RELEASES.items():
        monkeypatch.setattr(ipk, "VERSION", release)
        monkeypatch.setattr(apk, "VERSION", release)
        key = shop.offer(folder)
    shop.do(manager.trust, key=key)
    return shop


def _target(router: Router) -> Target:
    """By the C library that is there."""
    musl = router.run("ls /lib/ld-musl-*", check=False)
    return TARGETS["x86_64" if "x86_64.so" in musl else "debian_amd64"]


def ours(release: str) -> set[str]:
    return {f"{name} {RELEASES[release]}" for name in NAMES.split()}


def test_programs_of_a_signed_folder_run(shop: Shop) -> None:
    shop.do(shop.manager.use, folder="first")
    shop.do(f"{shop.manager.add} {NAMES}")
    assert shop.installed() == ours("first")
    said = shop.do("pywg --version && pywgd --version && pywgd wg0 && pywg show wg0")
    assert re.match(r"pywg \S+\npywgd \S+\n", said)
    assert "interface: wg0" in said


def test_what_is_needed_comes_along(shop: Shop) -> None:
    shop.do(shop.manager.use, folder="first")
    shop.do(f"{shop.manager.add} luci-proto-pywg")
    wanted = {"libpywg-sodium", "pywg-embedded", "luci-proto-pywg"}
    assert shop.installed() == {f"{name} {RELEASES['first']}" for name in wanted}


def test_folder_signed_by_somebody_else_is_refused(shop: Shop) -> None:
    shop.offer("theirs", key="theirs")
    shop.do(shop.manager.use, check=False, folder="theirs")
    shop.do(f"{shop.manager.add} {NAMES}", check=False)
    assert not shop.installed()


def test_files_can_be_installed(shop: Shop) -> None:
    trusting = "--allow-untrusted" if shop.manager is APK else ""
    names = " ".join(f"/tmp/first/{name}[-_]*" for name in NAMES.split())
    shop.do(f"{shop.manager.add} {trusting} {names}")
    assert shop.installed() == ours("first")


def test_upgrade_keeps_keys_and_forgets_bytecode(shop: Shop) -> None:
    shop.do(shop.manager.use, folder="first")
    shop.do(f"{shop.manager.add} {NAMES}")
    shop.do("mkdir -p /etc/pywg/keys && echo key >/etc/pywg/keys/wg0 && pywg --version")
    shop.do("[ -e /var/run/pywg-embedded/bytecode ]")
    shop.do(shop.manager.use, folder="second")
    shop.do(f"{shop.manager.upgrade} {NAMES}")
    assert shop.installed() == ours("second")
    assert shop.do("cat /etc/pywg/keys/wg0") == "key\n"
    shop.do("[ ! -e /var/run/pywg-embedded/bytecode ] && pywg --version")


def test_removal_leaves_no_trace(shop: Shop) -> None:
    before = _files(shop)
    shop.do(shop.manager.use, folder="first")
    shop.do(f"{shop.manager.add} {NAMES}")
    shop.do("mkdir -p /etc/pywg/keys && echo key >/etc/pywg/keys/wg0 && pywg --version")
    assert _files(shop) - before
    names = " ".join(reversed(NAMES.split()))
    shop.do(f"{shop.manager.remove} {names}")
    assert not shop.installed()
    left = sorted(_files(shop) - before)
    assert not left, "\n".join(left)
    shop.do("[ ! -e /var/run/pywg-embedded ] && [ ! -e /var/run/pywg ]")


def _files(shop: Shop) -> set[str]:
    """All files, and the folders that are ours; opkg forgets the others."""
    wanted = r"\( ! -type d -o -name '*pywg*' \) -print"
    found = shop.do(f"find / -path /tmp -prune -o -path /proc -prune -o {wanted}")
    return {path for path in found.splitlines() if not NOTES.match(path)}
