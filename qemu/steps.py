"""The steps of a test of two sites, each checked for both WireGuard implementations."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from qemu import image, tools
from qemu.architectures import ARM64, ARMHF, Architecture
from qemu.report import Figures, Report
from qemu.router_vm import BootFiles
from qemu.two_sites import (
    IMPLEMENTATIONS,
    LARGE_FILE,
    LEFT_WAN,
    PAUSE_AT,
    RIGHT_HOST_NAME,
    TwoSites,
    run_in_parallel,
)

# Checks the tunnel to one implementation, by its name.
Check = Callable[[str], Figures]

ARCHITECTURES = (ARM64, ARMHF)
LEFT_WAN_2, RIGHT_WAN_2 = "192.0.2.11", "192.0.2.22"
FILE_SIZE = 8_000_000
YEARS_BACK = 10


def is_installed(sites: TwoSites) -> Check:
    sites.power_on()
    figures = sites.install()
    return lambda _: figures


def connects_the_sites(sites: TwoSites) -> Check:
    sites.configure()
    run_in_parallel(sites.start_left, sites.start_right)
    return sites.reach


def transfers_a_file(sites: TwoSites) -> Check:
    def check(implementation: str) -> Figures:
        sites.send(implementation, FILE_SIZE)
        return sites.finish_transfer(implementation, FILE_SIZE)

    return check


def finishes_a_transfer_after_its_daemon_is_killed(sites: TwoSites) -> Check:
    sites.start_paused_transfers()
    sites.left.call("kill_pywgd")
    for implementation in IMPLEMENTATIONS:
        sites.assert_transfer_is_paused(
            implementation, "wait_until_received", size=PAUSE_AT
        )
        sites.resume(implementation)
    sites.left.call("start_pywgd")
    return lambda implementation: sites.finish_transfer(implementation, LARGE_FILE)


def follows_a_changed_dns_record(sites: TwoSites) -> Check:
    sites.right.call("change_wan_address", old=sites.right_address, new=RIGHT_WAN_2)
    sites.right_address = RIGHT_WAN_2
    sites.restart_right()
    sites.left.call("set_dns_record", name=RIGHT_HOST_NAME, address=RIGHT_WAN_2)
    return sites.reach


def reconnects_after_a_power_cut(sites: TwoSites) -> Check:
    sites.start_paused_transfers()
    sites.left.cut_power()
    for implementation in IMPLEMENTATIONS:
        sites.assert_transfer_is_paused(implementation, "abort_transfer")
    sites.start_left_again(LEFT_WAN)
    return sites.reach


def connects_with_the_clock_ten_years_back(sites: TwoSites) -> Check:
    sites.left.power_off()
    now = datetime.now(UTC)
    then = now.replace(year=now.year - YEARS_BACK, day=1)
    # With a new address, the right router has no valid endpoint and cannot initiate.
    sites.start_left_again(LEFT_WAN_2, f"{then:%Y-%m-%dT%H:%M:%S}")
    year = sites.left.call("get_year")["year"]
    assert year == then.year, f"the clock shows the year {year:g}, expected {then.year}"
    return sites.reach


class Step(NamedTuple):
    """A function that is called once and returns a check, which is called for each of
    ``subjects``."""

    do: Callable[[TwoSites], Check]
    subjects: tuple[str, ...] = IMPLEMENTATIONS

    @property
    def checks(self) -> list[str]:
        return [f"{subject}_{self.do.__name__}" for subject in self.subjects]


STEPS = (
    Step(is_installed, ("package",)),
    Step(connects_the_sites),
    Step(transfers_a_file),
    Step(finishes_a_transfer_after_its_daemon_is_killed),
    Step(follows_a_changed_dns_record),
    Step(reconnects_after_a_power_cut),
    Step(connects_with_the_clock_ten_years_back),
)
CHECKS = [check for step in STEPS for check in step.checks]


def run(architecture: Architecture) -> Iterator[Report]:
    """Run all steps on two machines and yield one report per check."""
    tools.require_all()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        archive = folder / "files.cpio"
        kernel = image.build(architecture, archive)
        sites = TwoSites(BootFiles(architecture, kernel, archive), folder)
        try:
            yield from carry_out(STEPS, sites)
        finally:
            sites.power_off()


def carry_out(steps: Sequence[Step], sites: TwoSites) -> Iterator[Report]:
    """Run the steps in order. The sites are restored after a failed step, so that one
    failure causes no others."""
    failed = False
    for step in steps:
        reports = _carry_out(step, sites, failed)
        yield from reports
        failed = not all(report.ok for report in reports)


def _carry_out(step: Step, sites: TwoSites, after_failure: bool) -> list[Report]:
    try:
        if after_failure:
            sites.restore()
        check = step.do(sites)
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
