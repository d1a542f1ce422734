"""How steps of two homes are carried out, with homes that are not there."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from qemu.architectures import ARM64
from qemu.report import Figures
from qemu.router_vm import Failed, Files, Home
from qemu.steps import Check, Step, carry_out
from qemu.two_sites import Homes


class FakeHomes:
    """Counts how often it was restored; works unless ``broken``."""

    broken = False
    restored = 0

    def restore(self) -> None:
        self.broken = False
        self.restored += 1


def works(homes: Homes) -> Check:
    assert not cast(FakeHomes, homes).broken, "the step before broke it"
    return lambda _: {"bytes": 1}


def raises(homes: Homes) -> Check:
    cast(FakeHomes, homes).broken = True
    raise ValueError("I/O operation on closed file")


def fails_its_check(homes: Homes) -> Check:
    def check(kind: str) -> Figures:
        cast(FakeHomes, homes).broken = True
        raise Failed(f"{kind} is unreachable")

    return check


@pytest.mark.parametrize("failing", [raises, fails_its_check])
def test_only_the_failed_step_fails(failing: Callable[[Homes], Check]) -> None:
    homes = FakeHomes()
    steps = [Step(works), Step(failing), Step(works), Step(works)]
    reports = list(carry_out(steps, cast(Homes, homes)))
    assert [report.ok for report in reports] == [True] * 2 + [False] * 2 + [True] * 4
    assert homes.restored == 1


def test_the_report_gives_the_kind_of_an_unexpected_error() -> None:
    (report,) = carry_out([Step(raises, ("link",))], cast(Homes, FakeHomes()))
    assert report.check == "link_raises"
    assert report.detail == "ValueError: I/O operation on closed file"


def test_an_action_fails_clearly_when_the_machine_is_off(tmp_path: Path) -> None:
    files = Files(ARM64, tmp_path / "kernel", tmp_path / "archive")
    home = Home(files, tmp_path / "left", tmp_path / "right", 1)
    home.cut_power()
    with pytest.raises(Failed, match="home 1: reach: the machine is switched off"):
        home.do("reach", lan="lan", address="192.168.2.2")
