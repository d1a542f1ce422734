"""``python -m qemu.guest.agent PORT``: do what comes through the port, line by line.

A line asks for an action of ``router`` by its name, with its arguments; the answer is
a report. The first report is that the machine has started.
"""

import json
import sys

from qemu.guest.router import Router
from qemu.report import Report


def main(path: str) -> None:
    """Serve for as long as the machine runs."""
    with open(path, "r+b", buffering=0) as port:
        router = Router()
        port.write(Report("start", True, "", {}).to_line().encode())
        while line := port.readline():
            report = carry_out(router, **json.loads(line))
            port.write(report.to_line().encode())


def carry_out(router: Router, action: str, arguments: dict[str, object]) -> Report:
    """Have the router do it."""
    try:
        figures = getattr(router, action)(**arguments) or {}
        return Report(action, True, "", figures)
    except Exception as error:
        return Report(action, False, f"{type(error).__name__}: {error}", {})


main(sys.argv[1])
