"""One ARM64 machine: boot it, hear its reports, end it.

No report is taken from the console; that goes to a file, and its last lines go into
the report of each check that failed or that the machine did not live to make.
"""

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from qemu import image, tools
from qemu.guest.checks import CHECKS
from qemu.report import Report

# The whole run takes about four minutes where the host has two idle processors.
TIME_LIMIT = 600.0
MEMORY_MB = 2048
CONSOLE_LINES = 40

KERNEL_ARGUMENTS = "console=ttyAMA0 quiet panic=-1 rdinit=/qemu/guest/init"
HARDWARE = (
    # The processor of a Raspberry Pi 4.
    "-machine virt -cpu cortex-a72 -smp 2 -accel tcg,thread=multi "
    "-nodefaults -no-user-config -no-reboot -display none "
    "-device virtio-serial-device "
    # A "stdio" port would close, and block the guest, when our input ends.
    "-chardev file,id=reports,path=/dev/stdout "
    "-device virtserialport,chardev=reports"
)


def run(time_limit: float = TIME_LIMIT) -> Iterator[Report]:
    """Boot a machine and yield one report a check, as they come.

    A check that the machine did not report, because it died or was ended after
    ``time_limit`` seconds, is reported as failed.
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
    base = image.base()
    files = directory / "files.cpio"
    image.with_project(base.archive, files)
    return tools.command(
        "qemu-system-aarch64",
        *HARDWARE.split(),
        *("-m", str(MEMORY_MB)),
        *("-serial", f"file:{console}"),
        *("-kernel", str(base.kernel)),
        *("-initrd", str(files)),
        *("-append", KERNEL_ARGUMENTS),
    )


def _with_console(report: Report, console: Path) -> Report:
    lines = console.read_text(errors="replace").splitlines()
    detail = [report.detail, "The console, up to here:", *lines[-CONSOLE_LINES:]]
    return report._replace(detail="\n".join(detail))
