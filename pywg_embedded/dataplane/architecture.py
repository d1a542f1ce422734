"""Where Linux numbers things differently on some machines."""

import os

_MACHINE = os.uname().machine
MIPS = _MACHINE.startswith("mips")
# The bits of an ioctl number that say "read" and "write" have other places there.
IOCTL_DIRECTIONS_DIFFER = _MACHINE.startswith(("mips", "ppc", "sparc", "alpha"))
