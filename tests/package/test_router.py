"""The packages in the hands of opkg and apk, on a router's own file system.

The folders "first" and "second" hold a release each, signed with the key "ours".
"""

import re

import pytest

from package.builder import apk, contents, ipk
from tests.lab.managers import APK, OPKG, Manager, target_of
from tests.package.conftest import Router

NAMES = "libpywg-openssl pywg-embedded luci-proto-pywg"
RELEASES = {"first": "0.1.0-r1", "second": "0.1.0-r2"}
# What the managers note for themselves, and what programs do in passing.
NOTES = re.compile(r"/(dev|etc/apk|etc/opkg|lib/apk|proc|sys|tmp|usr/lib/opkg|var)\b")


class Shop:
    """A router, and what it can install; ``key`` is where it sees the key "ours"."""

    def __init__(self, router: Router, manager: Manager) -> None:
        self.router = router
        self.manager = manager
        self.target = target_of(router.lower)
        self.key = ""

    def offer(self, folder: str, key: str = "ours") -> str:
        """Fill a folder of packages; where the router sees the key for it."""
        path = self.router.tmp / folder
        path.mkdir()
        for package in contents.everything(self.target):
            self.manager.pack(package, path)
        public = self.manager.sign(path, self.router.tmp / f"{key}.private")
        return f"/tmp/{folder}/{public.name}"

    def use(self, folder: str, check: bool = True) -> None:
        """Have the router install from that folder, and see to it that it is ours."""
        if not self.router.has(*self.manager.tools):
            pytest.skip(f"the router lacks one of {', '.join(self.manager.tools)}")
        self.do(self.manager.trust, key=self.key)
        self.do(self.manager.use, check, place=f"file:///tmp/{folder}")

    def add_files(self, folder: str) -> None:
        """Have the router install files of that folder."""
        names = " ".join(f"/tmp/{folder}/{name}[-_]*" for name in NAMES.split())
        self.do(f"{self.manager.add_files} {names}")

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
    request: pytest.FixtureRequest,
    router: Router,
    has_apk: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    manager: Manager = request.param
    if manager is APK and not has_apk:
        pytest.skip(apk.MISSING)
    if not router.has(manager.name):
        pytest.skip(f"the router lacks {manager.name}")
    shop = Shop(router, manager)
    for folder, release in RELEASES.items():
        monkeypatch.setattr(ipk, "VERSION", release)
        monkeypatch.setattr(apk, "VERSION", release)
        shop.key = shop.offer(folder)
    shop.do(manager.accept)
    return shop


def ours(release: str) -> set[str]:
    return {f"{name} {RELEASES[release]}" for name in NAMES.split()}


def test_programs_of_a_signed_folder_run(shop: Shop) -> None:
    shop.use("first")
    shop.do(f"{shop.manager.add} {NAMES}")
    assert shop.installed() == ours("first")
    said = shop.do("pywg --version && pywgd --version && pywgd wg0 && pywg show wg0")
    assert re.match(r"pywg \S+\npywgd \S+\n", said)
    assert "interface: wg0" in said


def test_what_is_needed_comes_along(shop: Shop) -> None:
    shop.use("first")
    shop.do(f"{shop.manager.add} luci-proto-pywg")
    wanted = {"libpywg-sodium", "pywg-embedded", "luci-proto-pywg"}
    assert shop.installed() == {f"{name} {RELEASES['first']}" for name in wanted}


def test_folder_signed_by_somebody_else_is_refused(shop: Shop) -> None:
    shop.offer("theirs", key="theirs")
    shop.use("theirs", check=False)
    shop.do(f"{shop.manager.add} {NAMES}", check=False)
    assert not shop.installed()


def test_files_can_be_installed(shop: Shop) -> None:
    shop.add_files("first")
    assert shop.installed() == ours("first")


def test_upgrade_keeps_keys_and_forgets_bytecode(shop: Shop) -> None:
    shop.use("first")
    shop.do(f"{shop.manager.add} {NAMES}")
    shop.do("mkdir -p /etc/pywg/keys && echo key >/etc/pywg/keys/wg0 && pywg --version")
    shop.do("[ -e /var/run/pywg-embedded/bytecode ]")
    shop.use("second")
    shop.do(f"{shop.manager.upgrade} {NAMES}")
    assert shop.installed() == ours("second")
    assert shop.do("cat /etc/pywg/keys/wg0") == "key\n"
    shop.do("[ ! -e /var/run/pywg-embedded/bytecode ] && pywg --version")


def test_removal_leaves_no_trace(shop: Shop) -> None:
    before = _files(shop)
    shop.add_files("first")
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
