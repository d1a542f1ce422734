"""The order of steps and the isolation of failures, with simulated sites."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from qemu.architectures import ARM64
from qemu.report import Figures
from qemu.router_vm import BootFiles, RouterVM, VMError
from qemu.steps import Check, Step, carry_out
from qemu.two_sites import TwoSites


class FakeSites:
    """Counts calls of ``restore``, which resets ``broken``."""

    broken = False
    restored = 0

    def restore(self) -> None:
        self.broken = False
        self.restored += 1


def works(sites: TwoSites) -> Check:
    assert not cast(FakeSites, sites).broken, "not restored after the previous step"
    return lambda _: {"bytes": 1}


def raises(sites: TwoSites) -> Check:
    cast(FakeSites, sites).broken = True
    raise ValueError("I/O operation on closed file")


def fails_its_check(sites: TwoSites) -> Check:
    def check(implementation: str) -> Figures:
        cast(FakeSites, sites).broken = True
        raise VMError(f"{implementation} is unreachable")

    return check


@pytest.mark.parametrize("failing", [raises, fails_its_check])
def test_later_steps_pass_when_one_step_fails(
    failing: Callable[[TwoSites], Check],
) -> None:
    sites = FakeSites()
    steps = [Step(works), Step(failing), Step(works), Step(works)]
    reports = list(carry_out(steps, cast(TwoSites, sites)))
    assert [report.ok for report in reports] == [True] * 2 + [False] * 2 + [True] * 4
    assert sites.restored == 1


def test_report_names_the_exception_when_a_step_raises() -> None:
    (report,) = carry_out([Step(raises, ("link",))], cast(TwoSites, FakeSites()))
    assert report.check == "link_raises"
    assert report.detail == "ValueError: I/O operation on closed file"


def test_error_is_clear_when_the_machine_is_off(tmp_path: Path) -> None:
    files = BootFiles(ARM64, tmp_path / "kernel", tmp_path / "archive")
    router = RouterVM(files, tmp_path / "left", tmp_path / "right", 1)
    router.cut_power()
    with pytest.raises(VMError, match="VM 1: reach: the machine is not running"):
        router.call("reach", lan="lan", address="192.168.2.2")


def test_power_off_succeeds_when_the_machine_stops_before_its_report(
    tmp_path: Path,
) -> None:
    files = BootFiles(ARM64, tmp_path / "kernel", tmp_path / "archive")
    router = RouterVM(files, tmp_path / "left", tmp_path / "right", 1)
    host_end, guest_end = socket.socketpair()
    router._connection, router._port = host_end, host_end.makefile("rw")
    router._machine = subprocess.Popen(["true"])
    guest_end.close()
    router.power_off()
    host_end.close()
