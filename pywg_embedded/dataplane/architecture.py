"""Constants of Linux that differ between machines."""

import os

_MACHINE = os.uname().machine
MIPS = _MACHINE.startswith("mips")
# On these machines the read and write bits of ioctl numbers have other positions.
IOCTL_DIRECTIONS_DIFFER = _MACHINE.startswith(("mips", "ppc", "sparc", "alpha"))
