"""Two homes, with the root file system in $OPENWRT_ROOTFS."""

import os
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from package.builder import packages
from tests.lab.package_managers import ciphers_of, managers_of, target_of, with_cipher
from tests.lab.topology import Lab
from tests.lab.wait import becomes

from .world import INSIDE, LANS, NAME, PORT, Home

Homes = tuple[Home, Home]


@pytest.fixture(scope="session")
def rootfs() -> Path:
    """The folder of the root file system; skips if there is none."""
    folder = os.environ.get("OPENWRT_ROOTFS")
    if not folder:
        pytest.skip("OPENWRT_ROOTFS names no unpacked OpenWrt root file system")
    if os.geteuid():
        pytest.skip("namespaces and mounts need root")
    assert (Path(folder) / "sbin/netifd").exists(), f"{folder} is not OpenWrt's root"
    return Path(folder)


@pytest.fixture(scope="session")
def installed(
    rootfs: Path, has_apk: bool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Homes]:
    """Two homes with the packages of the builder, and without an interface of pywg.

    They differ in package manager and AEAD, if there is more than one.
    """
    folder = tmp_path_factory.mktemp("routers")
    everything = packages.all_packages(target_of(rootfs))
    choices = zip(cycle(managers_of(rootfs)), cycle(ciphers_of(rootfs)))
    with Lab() as lab:
        isp = lab.host("isp")
        isp.forward_packets()
        homes = [
            Home(
                lab, isp, name, rootfs, folder, manager, with_cipher(cipher, everything)
            )
            for name, (manager, cipher) in zip(LANS, choices)
        ]
        for home in homes:
            home.install()
            home.join_zone()
        yield homes[0], homes[1]


@pytest.fixture
def homes(installed: Homes) -> Iterator[Homes]:
    """Two linked homes; the first has the endpoint of the second."""
    for home, remote in (installed, installed[::-1]):
        home.configure()
        home.meet(
            "other",
            f"public_key={remote.public_key}",
            "description=the other home",
            f"+allowed_ips={LANS[remote.name]}.0/24",
            f"+allowed_ips={INSIDE[remote.name]}/32",
            "route_allowed_ips=1",
        )
    first, second = installed
    first.set("other", "endpoint_host=10.77.2.2", f"endpoint_port={PORT}")
    assert first.reaches(second)
    yield installed
    for home in installed:
        sections = home.router.run("uci show network")
        ours = {
            line.partition("=")[0].split(".")[1]
            for line in sections.splitlines()
            if line.endswith((f"=pywg_{NAME}", "proto='pywg'"))
        }
        home.forget(*sorted(ours))
    for home in installed:
        # Wait, or netifd takes the next interface for this one, which is stopped.
        assert becomes(lambda home=home: not home.status_of(NAME))  # type: ignore[misc]
