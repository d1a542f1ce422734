"""How QEMU is started, and the machine's console.

What the machine has to say comes through a virtio-serial port of its own. The console
is for people: it goes to a file, and the last lines of it beside a failure.
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
    """A machine that does ``job``, but for memory, processors and the port's "chardev",
    which has the id "port"."""
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
    """``text`` and what was last on the console."""
    lines = console.read_text(errors="replace").splitlines()
    return "\n".join([text, "The console, up to here:", *lines[-CONSOLE_LINES:]])
