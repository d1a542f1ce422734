"""One virtual machine as a home: its power switch, and a line to its router."""

import json
import socket
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, NamedTuple

from qemu import emulator, tools
from qemu.architectures import Architecture
from qemu.report import Figures, Report

DISK_MB = 64
MEMORY_MB = 512
# Seconds in which a machine starts, carries out an action, or ends. They bound the
# wait for a machine that hangs; a slow one needs a fraction of them.
PATIENCE = 300.0
HARDWARE = (
    "-smp 1 -m {memory} -rtc base={clock} "
    "-chardev socket,id=port,path={port} "
    "-drive if=none,id=disk,format=raw,file={disk} "
    "-device virtio-blk-device,drive=disk "
    "-netdev dgram,id=wan,local.type=unix,local.path={wan},"
    "remote.type=unix,remote.path={internet} "
    "-device virtio-net-device,netdev=wan,mac={mac}"
)


class Failed(Exception):
    """A machine or its router could not carry out an action; the text gives the reason
    and the end of the console."""


class Files(NamedTuple):
    """What machines of one architecture start from."""

    architecture: Architecture
    kernel: Path
    archive: Path


class Home:
    """A machine that can be switched on again; what it has on its disk, it keeps.

    ``folder`` holds what belongs to it, ``internet`` is the other home's.
    """

    def __init__(self, files: Files, folder: Path, internet: Path, number: int) -> None:
        self._files = files
        self._folder = folder
        self._internet = internet
        self._number = number
        self._open = ExitStack()
        self._machine: subprocess.Popen[bytes] | None = None
        self._port: IO[str] | None = None
        folder.mkdir()
        self._log.touch()
        disk = folder / "disk"
        make = ("mke2fs", "-q", "-t", "ext4", str(disk), f"{DISK_MB}M")
        subprocess.run(tools.command(*make), stdout=subprocess.DEVNULL, check=True)

    def power_on(self, clock: str = "utc") -> None:
        """Start the machine, its time ``clock``, and wait until its router listens."""
        port = self._folder / "port"
        port.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(PATIENCE)
            server.bind(str(port))
            server.listen()
            self._machine = subprocess.Popen(self._command(clock))
            try:
                self._connection, _ = server.accept()
            except TimeoutError:
                raise self._failure("the machine does not start") from None
        self._open.enter_context(self._connection)
        self._port = self._open.enter_context(self._connection.makefile("rw"))
        self._read_report(self._port, PATIENCE)

    def cut_power(self) -> None:
        """End the machine at once, if it runs."""
        if self._machine:
            self._machine.kill()
            self._wait_for_end(self._machine)

    def power_off(self) -> None:
        """Have the router end the machine."""
        self.do("power_off")
        assert self._machine
        self._wait_for_end(self._machine)

    def do(self, action: str, limit: float = PATIENCE, **arguments: object) -> Figures:
        """Have the router do it, within ``limit`` seconds; the figures it reports."""
        if self._port is None:
            raise self._failure(f"{action}: the machine is switched off")
        request = {"action": action, "arguments": arguments}
        try:
            self._port.write(json.dumps(request) + "\n")
            self._port.flush()
        except OSError as error:
            raise self._failure(f"{action}: {error}") from None
        return self._read_report(self._port, limit)

    def _wait_for_end(self, machine: "subprocess.Popen[bytes]") -> None:
        try:
            machine.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            machine.kill()
            machine.wait()
            raise self._failure("the machine does not switch off") from None
        finally:
            self._port = None
            # What was written and not sent is lost with the machine.
            with suppress(OSError):
                self._open.close()

    def _read_report(self, port: IO[str], limit: float) -> Figures:
        self._connection.settimeout(limit)
        try:
            line = port.readline()
            report = Report.from_line(line) if line else None
        except (OSError, ValueError) as error:
            raise self._failure(f"no report: {error}") from None
        if report is None:
            raise self._failure("no report: the machine has ended")
        if not report.ok:
            raise self._failure(f"{report.check}: {report.detail}")
        return report.figures

    def _failure(self, text: str) -> Failed:
        return Failed(emulator.with_console(f"home {self._number}: {text}", self._log))

    @property
    def _log(self) -> Path:
        return self._folder / "console"

    def _command(self, clock: str) -> list[str]:
        hardware = HARDWARE.format(
            memory=MEMORY_MB,
            clock=clock,
            port=self._folder / "port",
            disk=self._folder / "disk",
            wan=self._folder / "wan",
            internet=self._internet / "wan",
            mac=f"52:54:00:00:00:{self._number:02x}",
        )
        architecture, kernel, archive = self._files
        machine = emulator.command(architecture, kernel, archive, self._log, "home")
        return [*machine, *hardware.split()]
