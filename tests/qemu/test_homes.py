"""Two homes in a machine each, linked by the package that they installed."""

import functools

import pytest

from qemu import steps
from qemu.architectures import Architecture
from qemu.report import Report

CHECKS = {name: each for each in steps.ARCHITECTURES for name in steps.names(each)}


@functools.cache
def reports(architecture: Architecture) -> dict[str, Report]:
    return {report.check: report for report in steps.run(architecture)}


@pytest.mark.parametrize("check", CHECKS)
def test_between_two_homes(check: str) -> None:
    report = reports(CHECKS[check])[check]
    print(report)
    assert report.ok, report.detail
