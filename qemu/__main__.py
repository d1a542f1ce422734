"""``python -m qemu``: connect pywgd and kernel WireGuard in ARM virtual machines.

Prints one line per check with its figures. The exit code is 0 if all checks passed.
"""

import sys
from collections.abc import Iterator
from itertools import chain

from qemu import check_vm, steps, tools
from qemu.architectures import Architecture
from qemu.report import Report


def main() -> int:
    """Run all machines and return the exit code."""
    passed = True
    try:
        for report in chain(check_vm.run(), *map(_site_reports, steps.ARCHITECTURES)):
            print(report, flush=True)
            passed = passed and report.ok
    except tools.MissingTools as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0 if passed else 1


def _site_reports(architecture: Architecture) -> Iterator[Report]:
    for report in steps.run(architecture):
        yield report._replace(check=f"{architecture}_{report.check}")


if __name__ == "__main__":
    sys.exit(main())
