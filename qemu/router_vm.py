"""A router in a virtual machine: power control, and calls to its guest agent."""

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
# Seconds for a machine to start, run an action, or stop. Only a machine that hangs
# takes this long; a slow one needs a fraction of it.
TIMEOUT = 300.0
HARDWARE = (
    "-smp 1 -m {memory} -rtc base={clock} "
    "-chardev socket,id=port,path={port} "
    "-drive if=none,id=disk,format=raw,file={disk} "
    "-device virtio-blk-device,drive=disk "
    "-netdev dgram,id=wan,local.type=unix,local.path={wan},"
    "remote.type=unix,remote.path={peer_wan} "
    "-device virtio-net-device,netdev=wan,mac={mac}"
)


class VMError(Exception):
    """An action failed; the message holds the reason and the last console lines."""


class BootFiles(NamedTuple):
    """The boot files of virtual machines of one architecture."""

    architecture: Architecture
    kernel: Path
    archive: Path


class RouterVM:
    """A virtual machine with a persistent disk that can be switched on and off.

    ``folder`` holds its sockets, disk and console log; ``peer_folder`` is that of the
    machine at the other end of its WAN. ``vm_id`` is 1 or 2.
    """

    def __init__(
        self, files: BootFiles, folder: Path, peer_folder: Path, vm_id: int
    ) -> None:
        self._files = files
        self._folder = folder
        self._peer_folder = peer_folder
        self._vm_id = vm_id
        self._resources = ExitStack()
        self._machine: subprocess.Popen[bytes] | None = None
        self._port: IO[str] | None = None
        folder.mkdir()
        self._log.touch()
        disk = folder / "disk"
        make = ("mke2fs", "-q", "-t", "ext4", str(disk), f"{DISK_MB}M")
        subprocess.run(tools.command(*make), stdout=subprocess.DEVNULL, check=True)

    def power_on(self, clock: str = "utc") -> None:
        """Start the machine with its clock at ``clock``; wait for its guest agent."""
        port = self._folder / "port"
        port.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(TIMEOUT)
            server.bind(str(port))
            server.listen()
            self._machine = subprocess.Popen(self._command(clock))
            try:
                self._connection, _ = server.accept()
            except TimeoutError:
                raise self._failure("the machine did not start") from None
        self._resources.enter_context(self._connection)
        self._port = self._resources.enter_context(self._connection.makefile("rw"))
        self._read_report(self._port, TIMEOUT)

    def cut_power(self) -> None:
        """Kill the machine if it runs."""
        if self._machine:
            self._machine.kill()
            self._wait_for_end(self._machine)

    def power_off(self) -> None:
        """Sync the disk and shut down the machine."""
        assert self._machine
        # The report is lost if the machine stops before it is sent.
        with suppress(VMError):
            self.call("power_off")
        self._wait_for_end(self._machine)

    def call(self, action: str, limit: float = TIMEOUT, **arguments: object) -> Figures:
        """Run an action of ``qemu.guest.router`` and return its figures.

        Raises:
            VMError: the action failed, took longer than ``limit`` seconds, or the
                machine is not running.
        """
        if self._port is None:
            raise self._failure(f"{action}: the machine is not running")
        request = {"action": action, "arguments": arguments}
        try:
            self._port.write(json.dumps(request) + "\n")
            self._port.flush()
        except OSError as error:
            raise self._failure(f"{action}: {error}") from None
        return self._read_report(self._port, limit)

    def _wait_for_end(self, machine: "subprocess.Popen[bytes]") -> None:
        try:
            machine.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            machine.kill()
            machine.wait()
            raise self._failure("the machine did not shut down") from None
        finally:
            self._port = None
            # A request that was not sent is lost with the machine.
            with suppress(OSError):
                self._resources.close()

    def _read_report(self, port: IO[str], limit: float) -> Figures:
        self._connection.settimeout(limit)
        try:
            line = port.readline()
            report = Report.from_line(line) if line else None
        except (OSError, ValueError) as error:
            raise self._failure(f"no report: {error}") from None
        if report is None:
            raise self._failure("no report: the machine has stopped")
        if not report.ok:
            raise self._failure(f"{report.check}: {report.detail}")
        return report.figures

    def _failure(self, text: str) -> VMError:
        return VMError(emulator.with_console(f"VM {self._vm_id}: {text}", self._log))

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
            peer_wan=self._peer_folder / "wan",
            mac=f"52:54:00:00:00:{self._vm_id:02x}",
        )
        architecture, kernel, archive = self._files
        machine = emulator.command(architecture, kernel, archive, self._log, "router")
        return [*machine, *hardware.split()]
