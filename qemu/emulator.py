"""The QEMU command line and the console log of a virtual machine.

Reports arrive through a separate virtio-serial port. The console is written to a file;
its last lines are appended to the message of a failure.
"""

from pathlib import Path

from qemu import tools
from qemu.architectures import Architecture

CONSOLE_LINES = 40
KERNEL_ARGUMENTS = "console=ttyAMA0 quiet panic=-1 rdinit=/qemu/guest/init job={}"
HARDWARE = (
    "-machine virt -accel tcg,thread=multi "
    "-nodefaults -no-user-config -no-reboot -display none "
    "-device virtio-serial-device -device virtserialport,chardev=port"
)


def command(
    architecture: Architecture, kernel: Path, files: Path, console: Path, job: str
) -> list[str]:
    """Return the command line of a machine that runs ``job``.

    The caller adds memory, processors and the character device with the id "port".
    """
    return tools.command(
        architecture.emulator,
        *HARDWARE.split(),
        *("-cpu", architecture.processor),
        *("-serial", f"file:{console}"),
        *("-kernel", str(kernel)),
        *("-initrd", str(files)),
        *("-append", KERNEL_ARGUMENTS.format(job)),
    )


def with_console(text: str, console: Path) -> str:
    """Return ``text`` followed by the last lines of the console."""
    lines = console.read_text(errors="replace").splitlines()
    return "\n".join([text, "last lines of the console:", *lines[-CONSOLE_LINES:]])
