"""``python -m qemu.guest PORT``: run all checks and report each on the serial port."""

import sys
from concurrent.futures import ThreadPoolExecutor, as_completed

from qemu.guest.checks import CHECKS, PARALLEL, Check
from qemu.guest.peers import Peer, connect_veth
from qemu.report import Figures, Report


def main(port: str) -> None:
    """Run the checks and write one line per check to ``port`` when it ends."""
    serial = ThreadPoolExecutor(max_workers=1)
    parallel = ThreadPoolExecutor()
    pending = {
        (parallel if check.action in PARALLEL else serial).submit(
            report, check_id, check
        )
        for check_id, check in enumerate(CHECKS)
    }
    with open(port, "w", encoding="ascii") as reports:
        for done in as_completed(pending):
            reports.write(done.result().to_line())
            reports.flush()


def report(check_id: int, check: Check) -> Report:
    """Run one check between two new peers, named after ``check_id``."""
    try:
        return Report(check.name, True, "", run_check(check_id, check))
    except Exception as error:
        return Report(check.name, False, f"{type(error).__name__}: {error}", {})


def run_check(check_id: int, check: Check) -> Figures:
    first = check.first(1, f"{check.first.kind}{check_id}")
    second = check.second(2, f"{check.second.kind}{check_id}")
    connect_veth(first, second)
    peers: tuple[Peer, Peer] = (first, second)
    for peer in peers:
        peer.up()
    figures = check.action(*peers)
    for peer in peers:
        peer.down()
    return figures


main(sys.argv[1])
