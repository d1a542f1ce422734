"""The supported architectures of virtual machines, by their Debian names."""

from typing import NamedTuple


class Architecture(NamedTuple):
    """An architecture: its Debian kernel package, its QEMU system emulator, and the
    QEMU name of its processor."""

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
# An ARMv7 processor.
ARMHF = Architecture("armhf", "linux-image-armmp", "qemu-system-arm", "cortex-a15")
