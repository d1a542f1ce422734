"""``python -m qemu.guest PORT``: make all checks, report each to the serial port."""

import sys
from concurrent.futures import ThreadPoolExecutor, as_completed

from qemu.guest.checks import CHECKS, WAITING, Check
from qemu.guest.peers import Peer, cable
from qemu.report import Figures, Report


def main(port: str) -> None:
    """Run the checks and write a line for each to ``port`` when it is over."""
    one_by_one = ThreadPoolExecutor(max_workers=1)
    side_by_side = ThreadPoolExecutor()
    pending = {
        (side_by_side if check.action in WAITING else one_by_one).submit(
            report, number, check
        )
        for number, check in enumerate(CHECKS)
    }
    with open(port, "w", encoding="ascii") as reports:
        for done in as_completed(pending):
            reports.write(done.result().to_line())
            reports.flush()


def report(number: int, check: Check) -> Report:
    """Make one check with peers of its own, named after ``number``."""
    try:
        return Report(check.name, True, "", carry_out(number, check))
    except Exception as error:
        return Report(check.name, False, f"{type(error).__name__}: {error}", {})


def carry_out(number: int, check: Check) -> Figures:
    first = check.first(1, f"{check.first.kind}{number}")
    second = check.second(2, f"{check.second.kind}{number}")
    cable(first, second)
    peers: tuple[Peer, Peer] = (first, second)
    for peer in peers:
        peer.up()
    figures = check.action(*peers)
    for peer in peers:
        peer.down()
    return figures


main(sys.argv[1])
