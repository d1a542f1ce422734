"""Two routers in virtual machines, connected by the package that they install."""

import pytest

from qemu import steps
from qemu.report import Report

Reports = dict[str, Report]


# All checks of one architecture use the same two machines.
BY_ARCHITECTURE = [
    pytest.param(
        architecture,
        id=str(architecture),
        marks=pytest.mark.xdist_group(f"sites-{architecture}"),
    )
    for architecture in steps.ARCHITECTURES
]


@pytest.fixture(scope="module", params=BY_ARCHITECTURE)
def reports(request: pytest.FixtureRequest) -> Reports:
    return {report.check: report for report in steps.run(request.param)}


@pytest.mark.parametrize("check", steps.CHECKS)
def test_step_succeeds(check: str, reports: Reports) -> None:
    report = reports[check]
    print(report)
    assert report.ok, report.detail
