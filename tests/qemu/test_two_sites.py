"""Two homes, a machine each, linked by the package that they installed."""

import pytest

from qemu import steps
from qemu.report import Report

Reports = dict[str, Report]


# The checks of two homes are made by the same machines.
BY_ARCHITECTURE = [
    pytest.param(one, id=str(one), marks=pytest.mark.xdist_group(f"homes-{one}"))
    for one in steps.ARCHITECTURES
]


@pytest.fixture(scope="module", params=BY_ARCHITECTURE)
def reports(request: pytest.FixtureRequest) -> Reports:
    return {report.check: report for report in steps.run(request.param)}


@pytest.mark.parametrize("check", steps.CHECKS)
def test_between_two_homes(check: str, reports: Reports) -> None:
    report = reports[check]
    print(report)
    assert report.ok, report.detail
