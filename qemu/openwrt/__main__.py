"""``python -m qemu.openwrt IMAGE``: two routers that run OpenWrt, linked by us.

IMAGE is OpenWrt's own for the target "armsr", the one that holds kernel and files:
``openwrt-...-armsr-armv8-generic-initramfs-kernel.bin``, or ``armv7``. What our
packages depend on, the routers fetch from OpenWrt's servers, so this needs a network;
our packages they fetch from here, signed, by opkg or by apk.
"""

import sys
from pathlib import Path
from subprocess import CalledProcessError

from qemu import tools
from qemu.openwrt import machines
from qemu.openwrt.console import CommandFailed, Silence

FAILURES = (
    tools.MissingTools,
    machines.UnknownImage,
    CommandFailed,
    Silence,
    OSError,
    CalledProcessError,
)


def main() -> int:
    """Install on two routers and link them; the exit code."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    try:
        tools.require_all()
        machines.run(Path(sys.argv[1]))
    except FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
