"""Boot one ARM64 virtual machine, read the reports of its checks, and stop it.

The last lines of the console are added to the report of each check that failed or did
not run.
"""

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from qemu import emulator, image, tools
from qemu.architectures import ARM64
from qemu.guest.checks import CHECKS
from qemu.report import Report

# Seconds. A run takes about four minutes on a host with two idle processors.
TIME_LIMIT = 1800.0
MEMORY_MB = 2048

HARDWARE = (
    "-smp 2 "
    # With "stdio", the port closes and blocks the guest at the end of standard input.
    "-chardev file,id=port,path=/dev/stdout"
)


def run(time_limit: float = TIME_LIMIT) -> Iterator[Report]:
    """Boot a machine and yield one report per check as it arrives.

    The machine is stopped after ``time_limit`` seconds. A check without a report counts
    as failed.
    """
    tools.require_all()
    missing = [check.name for check in CHECKS]
    with tempfile.TemporaryDirectory() as directory:
        console = Path(directory) / "console"
        console.touch()
        for report in _reports(Path(directory), console, time_limit):
            missing.remove(report.check)
            yield report if report.ok else _with_console(report, console)
        for name in missing:
            yield _with_console(Report(name, False, "no report", {}), console)


def _reports(directory: Path, console: Path, limit: float) -> Iterator[Report]:
    command = _command(directory, console)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        timer = threading.Timer(limit, process.kill)
        timer.start()
        try:
            assert process.stdout
            yield from map(Report.from_line, process.stdout)
        finally:
            timer.cancel()
            process.kill()


def _command(directory: Path, console: Path) -> list[str]:
    files = directory / "files.cpio"
    kernel = image.build(ARM64, files)
    machine = emulator.command(ARM64, kernel, files, console, "checks")
    return [*machine, *HARDWARE.split(), "-m", str(MEMORY_MB)]


def _with_console(report: Report, console: Path) -> Report:
    return report._replace(detail=emulator.with_console(report.detail, console))
