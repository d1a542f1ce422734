"""Every check of a machine has a report, even if the machine stops early."""

from qemu import check_vm
from qemu.guest.checks import CHECKS


def test_every_check_fails_when_the_machine_is_stopped() -> None:
    reports = list(check_vm.run(time_limit=0))
    assert [report.check for report in reports] == [check.name for check in CHECKS]
    for report in reports:
        assert not report.ok
        assert "no report" in report.detail
