"""pywgd and the WireGuard of the kernel as peers, in an ARM64 virtual machine."""

import pytest

from qemu import check_vm
from qemu.guest.checks import CHECKS
from qemu.report import Report

# All checks are made by the same machine.
pytestmark = pytest.mark.xdist_group("kernel-wireguard")


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {report.check: report for report in check_vm.run()}


@pytest.mark.parametrize("check", [check.name for check in CHECKS])
def test_check_succeeds(check: str, reports: dict[str, Report]) -> None:
    report = reports[check]
    assert report.ok, report.detail
