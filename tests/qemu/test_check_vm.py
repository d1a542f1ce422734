"""A machine that does not live to report is heard all the same."""

from qemu import check_vm
from qemu.guest.checks import CHECKS


def test_every_check_of_a_machine_that_is_ended_fails() -> None:
    reports = list(check_vm.run(time_limit=0))
    assert [report.check for report in reports] == [check.name for check in CHECKS]
    for report in reports:
        assert not report.ok
        assert "no report" in report.detail
