"""The figures as a table for people and as JSON for programs."""

import json
import os
import platform
import statistics
import time
from pathlib import Path

from .gauges import FIGURES

# implementation: figure: one value a run
Results = dict[str, dict[str, list[float]]]

FOLDER = Path("build/bench")


def table(results: Results) -> str:
    """Medians side by side, and the ratio of the first to the second."""
    names = list(results)
    head = f"{'median':<26}{'':<11}" + "".join(f"{name:>14}" for name in names)
    rows = [_row(figure, results) for figure in FIGURES]
    return "\n".join([f"{head}{'ratio':>9}", "-" * (len(head) + 9), *rows])


def _row(figure: str, results: Results) -> str:
    title, unit, digits = FIGURES[figure]
    values = [statistics.median(runs[figure]) for runs in results.values()]
    columns = "".join(f"{value:>14.{digits}f}" for value in values)
    return f"{title:<26}{unit:<11}{columns}{values[0] / values[1]:>9.2f}"


def save(results: Results) -> Path:
    """Every value of every run, and what machine they come from."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / time.strftime("%Y-%m-%dT%H-%M-%S.json")
    machine = {
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    path.write_text(json.dumps({"machine": machine, "results": results}, indent=2))
    return path
