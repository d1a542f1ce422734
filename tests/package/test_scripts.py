"""The scripts of the packages and of sysupgrade's return, run by busybox.

A root file system of the test's own stands for the router. The real package managers
and the real sysupgrade run in tests/package/test_router.py and under QEMU.
"""

import pytest

from package.builder import packages
from package.builder.archive import File
from package.builder.packages import Package

from .fake_root import FakeRoot, fake_root

__all__ = ["fake_root"]

PYWG = packages.pywg_embedded()
LUCI = packages.luci_proto_pywg()
# The library is not compiled for these tests.
LIBRARY = Package(
    "libpywg-openssl",
    "all",
    (),
    "libs",
    "The data plane",
    {"usr/lib/libpywg.so.0": File(b"")},
    abi="0",
)
KEYS = "etc/pywg/keys"
STORED = {f"{KEYS}/peer": "a key\n", "etc/pywg/wg0.stamp": "1700000000\n"}
ERASE = "rm -rf /etc/pywg /lib/upgrade/keep.d/pywg"
REINSTALL = "etc/hotplug.d/iface/90-pywg-reinstall"
NETWORK = "\nconfig interface 'wg0'\n\toption proto 'pywg'\n"
IFUP = {"ACTION": "ifup", "INTERFACE": "wan"}


def store(root: FakeRoot, mode: int = 0o600) -> None:
    for name, text in STORED.items():
        root.write(name, text, mode)


def stored(root: FakeRoot) -> dict[str, str]:
    """Return the stored files; a missing one is left out."""
    paths = {name: root.path / name for name in STORED}
    return {name: path.read_text() for name, path in paths.items() if path.exists()}


def test_removal_keeps_keys_and_prints_the_line_that_erases_them(
    fake_root: FakeRoot,
) -> None:
    before = fake_root.files()
    fake_root.install(PYWG)
    store(fake_root)
    said = fake_root.remove(PYWG).splitlines()
    assert stored(fake_root) == STORED
    assert said[-1] == f"To erase them, run: {ERASE}"
    fake_root.run(said[-1].partition("run: ")[2])
    left = fake_root.files().keys() - before.keys()
    assert not [name for name in left if not name.endswith("/") and name != "calls"]


def test_removal_leaves_nothing_and_prints_nothing_without_keys(
    fake_root: FakeRoot,
) -> None:
    before = fake_root.files()
    fake_root.install(PYWG)
    assert fake_root.remove(PYWG) == ""
    left = {
        name for name in fake_root.files().keys() - before.keys() if name != "calls"
    }
    assert not {name for name in left if not name.endswith("/") or "pywg" in name}


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"PKG_UPGRADE": "1"}, id="upgrade"),
        pytest.param({"IPKG_INSTROOT": "/image"}, id="image"),
    ],
)
def test_other_uses_of_postrm_change_nothing_else(
    fake_root: FakeRoot, variables: dict[str, str]
) -> None:
    fake_root.install(PYWG)
    store(fake_root)
    fake_root.write("var/run/pywg/wg0.sum", "")
    fake_root.calls()
    before = fake_root.files()
    fake_root.run(PYWG.postrm, **variables)
    assert fake_root.files() == before
    assert fake_root.calls() == []


def test_reinstallation_finds_the_keys_of_the_removed_package(
    fake_root: FakeRoot,
) -> None:
    fake_root.install(PYWG)
    store(fake_root)
    fake_root.remove(PYWG)
    fake_root.install(PYWG)
    assert stored(fake_root) == STORED


def test_removal_closes_the_ports_and_removes_the_state_of_the_run(
    fake_root: FakeRoot,
) -> None:
    fake_root.install(PYWG)
    for folder in ("pywg", "pywg-embedded/bytecode", "pywg-new-keys"):
        fake_root.write(f"var/run/{folder}/file", "")
    fake_root.calls()
    fake_root.remove(PYWG)
    assert fake_root.calls() == ["firewall reload"]
    assert not list((fake_root.path / "var/run").iterdir())


@pytest.mark.parametrize("before", [None, 0o644], ids=["new", "of-a-backup"])
def test_installation_makes_keys_readable_by_root_only(
    fake_root: FakeRoot, before: int | None
) -> None:
    if before:
        store(fake_root, before)
        for name in ("etc/pywg", KEYS):
            (fake_root.path / name).chmod(0o755)
    fake_root.run("umask 0")
    fake_root.install(PYWG)
    modes = fake_root.files("etc/pywg")
    assert modes.pop("etc/pywg/keys/") == 0o700
    assert (fake_root.path / "etc/pywg").stat().st_mode & 0o777 == 0o700
    assert modes == dict.fromkeys(STORED if before else (), 0o600)


def test_installation_in_an_image_writes_below_its_root_alone(
    fake_root: FakeRoot,
) -> None:
    for name, file in PYWG.files.items():
        fake_root.write(f"image/{name}", file.content.decode(), file.mode)
    before = fake_root.files()
    assert fake_root.run(PYWG.postinst, IPKG_INSTROOT="/image") == ""
    assert fake_root.calls() == []
    new = fake_root.files().keys() - before.keys()
    assert {name for name in new if not name.endswith("/")} == {
        f"image/{REINSTALL}",
        "image/lib/upgrade/keep.d/pywg",
    }
    assert fake_root.files("image/etc/pywg") == {"image/etc/pywg/keys/": 0o700}


def test_upgrade_removes_bytecode_and_keeps_keys(fake_root: FakeRoot) -> None:
    fake_root.install(PYWG)
    store(fake_root)
    fake_root.write("var/run/pywg-embedded/bytecode/old.pyc", "")
    fake_root.run(PYWG.postrm, PKG_UPGRADE="1")
    fake_root.install(PYWG)
    assert stored(fake_root) == STORED
    assert not (fake_root.path / "var/run/pywg-embedded").exists()


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_installation_says_how_netifd_learns_the_protocol(
    fake_root: FakeRoot, known: bool
) -> None:
    fake_root.program("bin/ubus", "echo '{ \"pywg\": {} }'" if known else "")
    said = fake_root.install(PYWG)
    assert ("/etc/init.d/network restart" in said) is not known


def test_pages_are_removed_and_rpcd_reloaded(fake_root: FakeRoot) -> None:
    fake_root.install(LUCI)
    assert fake_root.calls() == ["rpcd reload"]
    fake_root.write("tmp/luci-indexcache.1", "")
    assert fake_root.remove(LUCI) == ""
    assert fake_root.calls() == ["rpcd reload"]
    assert not [
        name for name in fake_root.files() if "/pywg" in name or "luci-i" in name
    ]


# After a sysupgrade.


@pytest.fixture
def upgraded(fake_root: FakeRoot) -> FakeRoot:
    """A router after a sysupgrade that kept the configuration and no package."""
    fake_root.write("etc/config/network", NETWORK)
    for package in (LIBRARY, PYWG, LUCI):
        fake_root.install(package)
    store(fake_root)
    fake_root.run(f"sh /{REINSTALL}", **IFUP)
    return fake_root.sysupgrade()


def reinstall(root: FakeRoot, **variables: str) -> list[str]:
    """Run the script of the event, wait for its background job, return the calls."""
    root.calls()
    root.run(f". /{REINSTALL}; wait", **{**IFUP, **variables})
    return root.calls()


INSTALL = "opkg install libpywg-openssl luci-proto-pywg pywg-embedded"
INSTALLED = ["opkg update", INSTALL, "network restart"]


def without_log(calls: list[str]) -> list[str]:
    return [call for call in calls if not call.startswith(("logger", "sleep"))]


def test_keys_are_kept_by_sysupgrade(upgraded: FakeRoot) -> None:
    assert stored(upgraded) == STORED
    assert upgraded.files("etc/pywg")[f"{KEYS}/peer"] == 0o600
    assert not (upgraded.path / "usr/sbin/pywgd").exists()


def test_keys_are_kept_by_a_second_sysupgrade_without_the_package(
    upgraded: FakeRoot,
) -> None:
    again = upgraded.sysupgrade()
    assert stored(again) == STORED
    assert without_log(reinstall(again)) == INSTALLED


def test_keys_of_the_removed_package_are_kept_by_sysupgrade(
    fake_root: FakeRoot,
) -> None:
    fake_root.install(PYWG)
    store(fake_root)
    fake_root.remove(PYWG)
    upgraded = fake_root.sysupgrade()
    assert stored(upgraded) == STORED
    assert not (upgraded.path / REINSTALL).exists()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("\toption proto 'pywg'", id="as-uci-writes"),
        pytest.param('  option  proto\t"pywg" # a tunnel', id="double-quotes"),
        pytest.param("option proto pywg", id="no-quotes"),
    ],
)
def test_packages_are_installed_for_each_way_to_write_the_protocol(
    upgraded: FakeRoot, line: str
) -> None:
    upgraded.write("etc/config/network", f"config interface 'wg0'\n{line}\n")
    assert without_log(reinstall(upgraded)) == INSTALLED


def test_same_packages_are_installed_when_an_uplink_comes(upgraded: FakeRoot) -> None:
    assert without_log(reinstall(upgraded)) == INSTALLED
    # As opkg would: no file of the packages may exist already.
    for package in (LIBRARY, PYWG, LUCI):
        upgraded.install(package)
    assert without_log(reinstall(upgraded)) == []


def test_apk_is_used_where_it_exists(upgraded: FakeRoot) -> None:
    upgraded.program("usr/bin/apk")
    calls = without_log(reinstall(upgraded))
    assert calls == [
        "apk update",
        INSTALL.replace("opkg install", "apk add"),
        *calls[2:],
    ]
    assert calls[2:] == ["network restart"]


def test_installation_is_tried_again_a_few_times(upgraded: FakeRoot) -> None:
    upgraded.program("bin/opkg", "exit 1")
    calls = reinstall(upgraded)
    assert without_log(calls) == ["opkg update"] * 5
    assert [call for call in calls if call.startswith("sleep")] == [
        f"sleep {pause}" for pause in (0, 10, 30, 60, 120)
    ]
    upgraded.program("bin/opkg")
    assert without_log(reinstall(upgraded)) == INSTALLED


def test_only_one_installation_runs_at_a_time(upgraded: FakeRoot) -> None:
    (upgraded.path / "var/run/pywg-reinstall").mkdir()
    assert reinstall(upgraded) == []


@pytest.mark.parametrize(
    "variables, network",
    [
        pytest.param({"ACTION": "ifdown"}, NETWORK, id="ifdown"),
        pytest.param({"INTERFACE": "loopback"}, NETWORK, id="loopback"),
        pytest.param({}, NETWORK.replace("pywg", "wireguard"), id="no-interface"),
        pytest.param({}, NETWORK.replace("pywg", "pywgx"), id="other-protocol"),
    ],
)
def test_nothing_is_installed_without_need(
    upgraded: FakeRoot, variables: dict[str, str], network: str
) -> None:
    upgraded.write("etc/config/network", network)
    assert reinstall(upgraded, **variables) == []


def test_list_of_packages_is_written_only_when_it_changes(fake_root: FakeRoot) -> None:
    fake_root.install(LIBRARY)
    fake_root.install(PYWG)
    path = fake_root.path / "etc/pywg/packages"
    assert reinstall(fake_root) == []
    assert path.read_text() == "libpywg-openssl\npywg-embedded\n"
    assert path.stat().st_mode & 0o777 == 0o600
    first = path.stat().st_mtime_ns
    assert reinstall(fake_root) == []
    assert path.stat().st_mtime_ns == first
    fake_root.install(LUCI)
    reinstall(fake_root)
    assert "luci-proto-pywg" in path.read_text()
