"""What two homes go through: each step is made once, and checked for both links."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from qemu import image, tools
from qemu.architectures import ARM64, ARMHF, Architecture
from qemu.report import Figures, Report
from qemu.router_vm import Files
from qemu.two_sites import KINDS, LARGE_SIZE, LEFT, MIDDLE, NAME, Homes, both

# Answers for one of the links, by its kind.
Check = Callable[[str], Figures]

ARCHITECTURES = (ARM64, ARMHF)
LEFT_ELSEWHERE, RIGHT_ELSEWHERE = "192.0.2.11", "192.0.2.22"
FILE_SIZE = 8_000_000
YEARS_BACK = 10


def is_installed(homes: Homes) -> Check:
    homes.power_on()
    figures = homes.install()
    return lambda _: figures


def reaches_the_other_home(homes: Homes) -> Check:
    homes.configure()
    both(homes.start_left, homes.start_right)
    return homes.reach


def sends_a_file(homes: Homes) -> Check:
    def check(kind: str) -> Figures:
        homes.send(kind, FILE_SIZE)
        return homes.complete(kind, FILE_SIZE)

    return check


def goes_on_when_its_daemon_is_killed(homes: Homes) -> Check:
    homes.send_until_the_middle()
    homes.left.do("kill_pywgd")
    for kind in KINDS:
        homes.assert_in_the_middle(kind, "wait_until_received", size=MIDDLE)
        homes.resume(kind)
    homes.left.do("start_pywgd")
    return lambda kind: homes.complete(kind, LARGE_SIZE)


def follows_a_name_that_leads_elsewhere(homes: Homes) -> Check:
    homes.right.do("move", old=homes.right_address, new=RIGHT_ELSEWHERE)
    homes.right_address = RIGHT_ELSEWHERE
    homes.restart_right()
    homes.left.do("set_name", name=NAME, address=RIGHT_ELSEWHERE)
    return homes.reach


def comes_back_after_a_power_cut(homes: Homes) -> Check:
    homes.send_until_the_middle()
    homes.left.cut_power()
    for kind in KINDS:
        homes.assert_in_the_middle(kind, "give_up")
    homes.start_left_again(LEFT)
    return homes.reach


def links_with_its_clock_ten_years_back(homes: Homes) -> Check:
    homes.left.power_off()
    now = datetime.now(UTC)
    then = now.replace(year=now.year - YEARS_BACK, day=1)
    # At another address, so that the right home cannot be the one that begins.
    homes.start_left_again(LEFT_ELSEWHERE, f"{then:%Y-%m-%dT%H:%M:%S}")
    year = homes.left.do("tell_year")["year"]
    assert year == then.year, f"the clock shows {year:g}"
    return homes.reach


class Step(NamedTuple):
    """Something that is done once, and what answers for each of ``subjects`` whether
    it went well."""

    do: Callable[[Homes], Check]
    subjects: tuple[str, ...] = KINDS

    @property
    def checks(self) -> list[str]:
        return [f"{subject}_{self.do.__name__}" for subject in self.subjects]


STEPS = (
    Step(is_installed, ("package",)),
    Step(reaches_the_other_home),
    Step(sends_a_file),
    Step(goes_on_when_its_daemon_is_killed),
    Step(follows_a_name_that_leads_elsewhere),
    Step(comes_back_after_a_power_cut),
    Step(links_with_its_clock_ten_years_back),
)
CHECKS = [check for step in STEPS for check in step.checks]


def run(architecture: Architecture) -> Iterator[Report]:
    """Let two machines do all steps; one report a check, as they come."""
    tools.require_all()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        archive = folder / "files.cpio"
        kernel = image.build(architecture, archive)
        homes = Homes(Files(architecture, kernel, archive), folder)
        try:
            yield from carry_out(STEPS, homes)
        finally:
            homes.power_off()


def carry_out(steps: Sequence[Step], homes: Homes) -> Iterator[Report]:
    """Do the steps in order. After one that failed, the homes are restored, so that
    the next one fails only for a reason of its own."""
    failed = False
    for step in steps:
        reports = _carry_out(step, homes, failed)
        yield from reports
        failed = not all(report.ok for report in reports)


def _carry_out(step: Step, homes: Homes, after_failure: bool) -> list[Report]:
    try:
        if after_failure:
            homes.restore()
        check = step.do(homes)
    except Exception as error:
        return [_failure(name, error) for name in step.checks]
    return [_report(*each, check) for each in zip(step.checks, step.subjects)]


def _report(name: str, subject: str, check: Check) -> Report:
    try:
        return Report(name, True, "", check(subject))
    except Exception as error:
        return _failure(name, error)


def _failure(name: str, error: Exception) -> Report:
    return Report(name, False, f"{type(error).__name__}: {error}", {})
