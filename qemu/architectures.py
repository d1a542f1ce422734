"""The architectures that machines are made for, by Debian's names."""

from typing import NamedTuple


class Architecture(NamedTuple):
    """``kernel`` is Debian's package, ``emulator`` QEMU's program for a whole machine,
    ``processor`` as QEMU names it."""

    name: str
    kernel: str
    emulator: str
    processor: str

    def __str__(self) -> str:
        return self.name


# The processor of a Raspberry Pi 4.
ARM64 = Architecture(
    "arm64", "linux-image-cloud-arm64", "qemu-system-aarch64", "cortex-a72"
)
# An ARMv7 one.
ARMHF = Architecture("armhf", "linux-image-armmp", "qemu-system-arm", "cortex-a15")
