"""``python -m qemu.guest.agent PORT``: run actions that the host requests.

A request is one line of JSON: the name of a method of ``router.Router`` and its
arguments. The answer is a report. The agent sends a first report when it starts.
"""

import json
import sys

from qemu.guest.router import Router
from qemu.report import Report


def main(path: str) -> None:
    """Handle requests until the machine stops."""
    with open(path, "r+b", buffering=0) as port:
        router = Router()
        port.write(Report("start", True, "", {}).to_line().encode())
        while line := port.readline():
            report = run_action(router, **json.loads(line))
            port.write(report.to_line().encode())


def run_action(router: Router, action: str, arguments: dict[str, object]) -> Report:
    """Run one action and return its report."""
    try:
        figures = getattr(router, action)(**arguments) or {}
        return Report(action, True, "", figures)
    except Exception as error:
        return Report(action, False, f"{type(error).__name__}: {error}", {})


main(sys.argv[1])
