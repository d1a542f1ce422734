"""Two homes whose routers run LuCI with the package, and a browser in each."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.wait import becomes
from tests.openwrt_live.conftest import Homes, installed, rootfs
from tests.openwrt_live.router import Router
from tests.openwrt_live.world import LANS, Home

from .browser import CHROMIUM, DESKTOP, Luci, browser

__all__ = ["installed", "rootfs"]

ROOT, PASSWORD = "root", "secret enough"
# Read-only accounts: for all pages, and for the pages of this package only.
GUEST, VISITOR = "guest", "visitor"
MAY_LOOK = {
    GUEST: ("*",),
    VISITOR: ("unauthenticated", "luci-base*", "luci-proto-pywg"),
}
Window = Callable[..., contextlib.AbstractContextManager[Luci]]


@pytest.fixture(scope="session")
def chromium(rootfs: Path) -> None:
    """Skip without a browser or without LuCI."""
    pytest.importorskip("playwright", reason="Playwright is not installed")
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"{CHROMIUM} is not installed")
    if not (rootfs / "www/luci-static/resources/luci.js").exists():
        pytest.skip("the root file system has no LuCI")


@pytest.fixture(scope="session")
def with_pages(chromium: None, installed: Homes) -> Homes:
    """Return both routers, with three accounts."""
    for home in installed:
        for user in (ROOT, *MAY_LOOK):
            _add_account(home.router, user)
        for user, rights in MAY_LOOK.items():
            home.router.uci(*_login(user, rights))
        home.router.run("/etc/init.d/rpcd restart; /etc/init.d/uhttpd start")
        assert becomes(lambda home=home: serves(home), 20)  # type: ignore[misc]
    return installed


def _add_account(router: Router, user: str) -> None:
    router.run(
        f"grep -q ^{user}: /etc/passwd || {{ "
        f"echo '{user}:x:1000:1000:{user}:/tmp:/bin/false' >>/etc/passwd; "
        f"echo '{user}:x:0:0:99999:7:::' >>/etc/shadow; }}; "
        f"printf '{PASSWORD}\\n{PASSWORD}\\n' | passwd {user}"
    )


def _login(user: str, rights: tuple[str, ...]) -> tuple[str, ...]:
    return (
        f"set rpcd.{user}=login",
        f"set rpcd.{user}.username={user}",
        f"set rpcd.{user}.password=$p${user}",
        *(f"add_list rpcd.{user}.read={right}" for right in rights),
    )


def serves(home: Home) -> bool:
    """Return whether LuCI responds and rpcd has loaded the plugin."""
    listed = home.router.run("ubus list luci.pywg; ls /www/cgi-bin/luci", check=False)
    return listed.split() == ["luci.pywg", "/www/cgi-bin/luci"]


@pytest.fixture
def homes(with_pages: Homes) -> Iterator[Homes]:
    """Return both routers without pywg interfaces; clean up after the test."""
    yield with_pages
    for home in with_pages:
        remove_everything(home)


def remove_everything(home: Home) -> None:
    """Remove all pywg interfaces and the firewall zone of the wizard."""
    # -X: anonymous sections by their ids.
    lines = home.router.run("uci -X show network; uci -X show firewall").splitlines()
    own = {
        ".".join(line.partition("=")[0].split(".")[:2])
        for line in lines
        if "=pywg_" in line or line.endswith(("proto='pywg'", "='homes'"))
    }
    home.router.uci(*(f"delete {section}" for section in sorted(own)))
    # The configuration is the same as before the test: reload_config would do nothing.
    home.router.run("/etc/init.d/network reload; /etc/init.d/firewall reload")
    assert becomes(lambda: "\npywg." not in home.router.run("ubus list"), 20)


@pytest.fixture
def window(tmp_path: Path) -> Window:
    """Open LuCI in a home, logged in: ``with window(home, ...) as luci``."""

    @contextlib.contextmanager
    def open_window(
        home: Home,
        user: str = ROOT,
        size: tuple[int, int] = DESKTOP,
        dark: bool = False,
    ) -> Iterator[Luci]:
        address = f"http://{LANS[home.name]}.1"
        with browser(home.client, address, tmp_path, size, dark) as luci:
            try:
                luci.log_in(user, PASSWORD)
                yield luci
            except BaseException:
                luci.picture("failed")
                raise
            assert luci.faults == []

    return open_window
