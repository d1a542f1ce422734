"""What tests share that need hosts of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from package.builder import apk
from tests.lab.host import Host
from tests.lab.package_managers import borrow_apk
from tests.lab.topology import Lab
from tests.lab.wireguard import socket_path, unique_name

# How long an example takes depends on the machine.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

# What is in these folders is left to `make test-all`.
SLOW_FOLDERS = ("cross", "luci_live", "openwrt_live", "qemu")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow by the folder that it is in."""
    slow = [Path(__file__).parent / folder for folder in SLOW_FOLDERS]
    for item in items:
        if any(folder in item.path.parents for folder in slow):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Hosts and what joins them, until the test ends."""
    if os.geteuid():
        pytest.skip("network namespaces need root")
    with Lab() as lab:
        yield lab


@pytest.fixture
def host(lab: Lab) -> Host:
    """A host without any interface of ours yet."""
    return lab.host("only")


@pytest.fixture
def name() -> Iterator[str]:
    """An interface name to use; its socket file is gone afterwards."""
    name = unique_name()
    yield name
    socket_path(name).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def has_apk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bool]:
    """Whether apk is on PATH: one of this machine, or the one in OPENWRT_ROOTFS."""
    root = os.environ.get("OPENWRT_ROOTFS")
    with pytest.MonkeyPatch.context() as patch:
        if root and not apk.find_tool():
            folder = tmp_path_factory.mktemp("apk")
            borrow_apk(Path(root), folder)
            patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield bool(apk.find_tool())
