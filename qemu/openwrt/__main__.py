"""``python -m qemu.openwrt IMAGE``: connect two OpenWrt routers site to site.

IMAGE is an image of the OpenWrt target "armsr" that holds kernel and files:
``openwrt-...-armsr-armv8-generic-initramfs-kernel.bin``, or ``armv7``. The routers
install our packages, signed, from this machine with opkg or apk, and the dependencies
from the servers of OpenWrt; so this needs network access.
"""

import sys
from pathlib import Path
from subprocess import CalledProcessError

from qemu import tools
from qemu.openwrt import machines
from qemu.openwrt.console import CommandFailed, ConsoleTimeout

FAILURES = (
    tools.MissingTools,
    machines.UnknownImage,
    CommandFailed,
    ConsoleTimeout,
    OSError,
    CalledProcessError,
)


def main() -> int:
    """Install on two routers, connect them, and return the exit code."""
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
