"""The results as tables and as JSON."""

import json
import os
import platform
import re
import time
from pathlib import Path

from .metrics import GOALS, METRICS, Goal, Results, median
from .programs import Program

FOLDER = Path("build/bench")
# The results in the documentation.
PUBLISHED = Path(__file__).parent / "published"
_TITLE = 36


def tables(results: Results) -> str:
    """Return a table of medians and a table of goals."""
    return f"{_medians(results)}\n\n{_goals(results)}"


def _medians(results: Results) -> str:
    names = list(results)
    head = f"{'median':<{_TITLE}}{'':<10}" + "".join(f"{name:>14}" for name in names)
    rows = [_row(key, results) for key in METRICS if _measured(key, results)]
    return "\n".join([head, "-" * len(head), *rows])


def _measured(figure: str, results: Results) -> bool:
    return any(figure in figures for figures in results.values())


def _row(key: str, results: Results) -> str:
    figure = METRICS[key]
    columns = ""
    for program in results:
        value = median(results, program, key)
        columns += " " * 14 if value is None else f"{value:>14.{figure.digits}f}"
    return f"{figure.title:<{_TITLE}}{figure.unit:<10}{columns}".rstrip()


def _goals(results: Results) -> str:
    head = f"{'to reach':<{_TITLE}}{'':<19}{'reached':>9}{'must':>18}{'aim':>18}"
    rows = []
    for goal in GOALS:
        reached = goal.reached(results, goal.figure)
        if reached is not None:
            rows.append(_goal(goal, reached))
    return "\n".join([head, "-" * len(head), *rows])


def _goal(goal: Goal, reached: float) -> str:
    row = f"{METRICS[goal.figure].title:<{_TITLE}}{goal.of:<19}"
    row += f"{reached:>9.{goal.digits}f}"
    for bound in (goal.must, goal.aim):
        verdict = "met" if goal.meets(reached, bound) else "not met"
        sign = ">=" if goal.at_least else "<="
        row += f"{sign:>4} {bound:>5g} {verdict:<7}"
    return row.rstrip()


def machine() -> dict[str, str | int | None]:
    """Return a description of this machine."""
    processor = re.search(
        r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE
    )
    return {
        "processor": processor[1] if processor else platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def save(results: Results, programs: dict[str, Program], workload: str) -> Path:
    """Write values, versions and machine to a JSON file and return its path."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / time.strftime("%Y-%m-%dT%H-%M-%S.json")
    versions = {name: program.version for name, program in programs.items()}
    report = {
        "date": time.strftime("%Y-%m-%d"),
        "effort": workload,
        "machine": machine(),
        "versions": versions,
        "results": results,
    }
    path.write_text(json.dumps(report, indent=2) + "\n")
    return path
