"""Two homes, a machine each, linked by the package that they installed."""

import pytest

from qemu import steps
from qemu.report import Report

Reports = dict[str, Report]


@pytest.fixture(scope="module", params=steps.ARCHITECTURES, ids=str)
def reports(request: pytest.FixtureRequest) -> Reports:
    return {report.check: report for report in steps.run(request.param)}


@pytest.mark.parametrize("check", steps.CHECKS)
def test_between_two_homes(check: str, reports: Reports) -> None:
    report = reports[check]
    print(report)
    assert report.ok, report.detail
