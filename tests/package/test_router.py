"""Installation and removal of the packages by opkg and apk of a router.

The feeds "first" and "second" hold a release each, signed with the key "ours".
"""

import re
from collections.abc import Iterable

import pytest

from package.builder import apk, ipk, packages
from package.builder.packages import Package
from tests.lab.package_managers import APK, OPKG, Manager, target_of
from tests.package.conftest import PORT, Router
from tests.package.sdk_packages import LANGUAGE, of_feed

# The names that a user installs, and the full names of these packages.
NAMES = "libpywg-openssl pywg-embedded luci-proto-pywg"
FULL_NAMES = "libpywg-openssl0 pywg-embedded luci-proto-pywg"
OTHER_LIBRARY = "libpywg-sodium0"
RELEASES = {"first": "0.1.0-r1", "second": "0.1.0-r2"}
# Files of the package managers, and temporary files.
NOTES = re.compile(r"/(dev|etc/apk|etc/opkg|lib/apk|proc|sys|tmp|usr/lib/opkg|var)\b")


class Shop:
    """A router and its feeds; ``key`` is the path of the key "ours" on the router."""

    def __init__(self, router: Router, manager: Manager) -> None:
        self.router = router
        self.manager = manager
        self.target = target_of(router.lower)
        self.packages = packages.all_packages(self.target)
        self.key = ""
        self._offers: dict[str, list[tuple[str, Package]]] = {}

    def fill(self, folder: str, packages: Iterable[Package]) -> None:
        """Write packages to a folder."""
        path = self.router.tmp / folder
        path.mkdir(exist_ok=True)
        offers = self._offers.setdefault(folder, [])
        for package in packages:
            name = self.manager.pack(package, path).name
            offers.append((f"/tmp/{folder}/{name}", package))

    def sign(self, folder: str, key: str = "ours") -> str:
        """Sign a folder as a feed, and return the path of the key on the router."""
        private = self.router.tmp / f"{key}.private"
        public = self.manager.sign(self.router.tmp / folder, private)
        return f"/tmp/{folder}/{public.name}"

    def use(self, folder: str, check: bool = True, place: str = "file:///tmp") -> None:
        """Configure a folder as the feed of the router, and the key."""
        if not self.router.has(*self.manager.tools):
            pytest.skip(f"the router lacks one of {', '.join(self.manager.tools)}")
        self.do(self.manager.trust, key=self.key)
        self.do(self.manager.use, check, place=f"{place}/{folder}")

    def add_files(self, folder: str) -> None:
        """Install the package files of a folder, with one of the libraries."""
        # apk does not replace packages that were installed as files by others.
        unwanted = [OTHER_LIBRARY, *([LANGUAGE] if self.manager is APK else [])]
        paths = [
            path
            for path, package in self._offers[folder]
            if not package.full_name.startswith(tuple(unwanted))
        ]
        self.do(f"{self.manager.add_files} {' '.join(paths)}")

    def files(self, folder: str) -> set[str]:
        """Return the paths of all files in the packages of a folder."""
        packages = [package for _, package in self._offers[folder]]
        return {f"/{path}" for package in packages for path in package.files}

    def do(self, command: str, check: bool = True, **words: str) -> str:
        """Run a command of the package manager on the router."""
        words["architecture"] = self.target.name
        return self.router.run(command.format(**words), check)

    def installed(self) -> set[str]:
        """Return names and releases of our installed packages."""
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
        release_as(release, monkeypatch)
        shop.fill(folder, shop.packages)
        shop.key = shop.sign(folder)
    shop.do(manager.accept)
    return shop


def release_as(release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the release of packages that are written from now on."""
    monkeypatch.setattr(ipk, "VERSION", release)
    monkeypatch.setattr(apk, "VERSION", release)


def ours(release: str) -> set[str]:
    return {f"{name} {RELEASES[release]}" for name in FULL_NAMES.split()}


def test_programs_run_when_installed_from_a_signed_feed(shop: Shop) -> None:
    shop.use("first")
    shop.do(f"{shop.manager.add} {NAMES}")
    assert shop.installed() == ours("first")
    said = shop.do("pywg --version && pywgd --version && pywgd wg0 && pywg show wg0")
    assert re.match(r"pywg \S+\npywgd \S+\n", said)
    assert "interface: wg0" in said


def test_dependencies_are_installed(shop: Shop) -> None:
    shop.use("first")
    shop.do(f"{shop.manager.add} luci-proto-pywg")
    wanted = {"libpywg-sodium0", "pywg-embedded", "luci-proto-pywg"}
    assert shop.installed() == {f"{name} {RELEASES['first']}" for name in wanted}


HTTP = f"http://127.0.0.1:{PORT}"


def test_packages_are_installed_over_http(shop: Shop) -> None:
    shop.router.served = True
    (shop.router.tmp / "probe").write_text("fetched")
    # Both package managers call wget like this.
    if shop.do(f"wget -q -T 9 {HTTP}/probe -O -", check=False) != "fetched":
        pytest.skip("the router's wget does not fetch")
    shop.use("first", place=HTTP)
    shop.do(f"{shop.manager.add} {NAMES}")
    assert shop.installed() == ours("first")


def test_feed_is_refused_when_signed_with_another_key(shop: Shop) -> None:
    shop.fill("theirs", shop.packages)
    shop.sign("theirs", key="theirs")
    shop.use("theirs", check=False)
    shop.do(f"{shop.manager.add} {NAMES}", check=False)
    assert not shop.installed()


def test_package_files_are_installed(shop: Shop) -> None:
    shop.add_files("first")
    assert shop.installed() == ours("first")


def test_upgrade_keeps_keys_and_removes_bytecode(shop: Shop) -> None:
    shop.use("first")
    shop.do(f"{shop.manager.add} {NAMES}")
    shop.do("mkdir -p /etc/pywg/keys && echo key >/etc/pywg/keys/wg0 && pywg --version")
    shop.do("[ -e /var/run/pywg-embedded/bytecode ]")
    shop.use("second")
    shop.do(f"{shop.manager.upgrade} {NAMES}")
    assert shop.installed() == ours("second")
    assert shop.do("cat /etc/pywg/keys/wg0") == "key\n"
    shop.do("[ ! -e /var/run/pywg-embedded/bytecode ] && pywg --version")


def test_only_keys_are_left_after_removal(shop: Shop) -> None:
    before = _files(shop)
    shop.add_files("first")
    shop.do("mkdir -p /etc/pywg/keys && echo key >/etc/pywg/keys/wg0 && pywg --version")
    assert _files(shop) - before
    names = " ".join(reversed(FULL_NAMES.split()))
    said = shop.do(f"{shop.manager.remove} {names}")
    assert not shop.installed()
    assert shop.do("cat /etc/pywg/keys/wg0") == "key\n"
    erase = re.search("To erase them, run: (.+)", said)
    assert erase
    shop.do(erase[1])
    left = sorted(_files(shop) - before)
    assert not left, "\n".join(left)
    shop.do("[ ! -e /var/run/pywg-embedded ] && [ ! -e /var/run/pywg ]")


def of_the_feed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write "feed-first" and "feed-second", as by OpenWrt's build system."""
    purelib = 'import sysconfig; print(sysconfig.get_path("purelib"))'
    site = shop.do(f"python3 -c '{purelib}'").strip().lstrip("/")
    packages = list(of_feed(shop.packages, site))
    languages = [each for each in packages if each.name.startswith(LANGUAGE)]
    for folder, release in RELEASES.items():
        release_as(release, monkeypatch)
        shop.fill(
            f"feed-{folder}", [each for each in packages if each not in languages]
        )
        # LuCI's build system derives their version from the date.
        release_as(f"26.{release}", monkeypatch)
        shop.fill(f"feed-{folder}", languages)
        shop.sign(f"feed-{folder}")


@pytest.mark.parametrize("by_files", [True, False])
@pytest.mark.parametrize(
    "before, after", [("feed-first", "second"), ("first", "feed-second")]
)
def test_packages_of_the_builder_and_of_the_sdk_replace_each_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, before: str, after: str, by_files: bool
) -> None:
    of_the_feed(shop, monkeypatch)
    if by_files:
        shop.add_files(before)
        shop.add_files(after)
    else:
        shop.use(before)
        shop.do(f"{shop.manager.add} {NAMES} {LANGUAGE}de")
        shop.use(after)
        shop.do(f"{shop.manager.upgrade} {FULL_NAMES}")
    installed = shop.installed()
    assert ours(after.removeprefix("feed-")) <= installed
    assert not any(RELEASES["first"] in each for each in installed)
    assert re.match(r"pywg \S+\nlimits", shop.do("pywg --version && pywg limits"))
    assert not _files(shop) & (shop.files(before) - shop.files(after))


def _files(shop: Shop) -> set[str]:
    """Return all files, and our folders; opkg leaves other folders behind."""
    wanted = r"\( ! -type d -o -name '*pywg*' \) -print"
    found = shop.do(f"find / -path /tmp -prune -o -path /proc -prune -o {wanted}")
    return {path for path in found.splitlines() if not NOTES.match(path)}
