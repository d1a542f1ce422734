"""``python -m qemu``: pywgd and the kernel's WireGuard as peers, in ARM machines.

One line a check, with its figures; the exit code is 0 if all of them passed.
"""

import sys
from collections.abc import Iterator
from itertools import chain

from qemu import check_vm, steps, tools
from qemu.architectures import Architecture
from qemu.report import Report


def main() -> int:
    """Run the machines; the exit code."""
    passed = True
    try:
        for report in chain(check_vm.run(), *map(_homes, steps.ARCHITECTURES)):
            print(report, flush=True)
            passed = passed and report.ok
    except tools.MissingTools as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0 if passed else 1


def _homes(architecture: Architecture) -> Iterator[Report]:
    for report in steps.run(architecture):
        yield report._replace(check=f"{architecture}_{report.check}")


if __name__ == "__main__":
    sys.exit(main())
