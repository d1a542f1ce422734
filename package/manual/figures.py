"""The tables of docs/benchmarks.md, from the published measurement."""

import json
import re
from pathlib import Path
from typing import Any

from tests.bench.metrics import FIGURES, GOALS, Results, median
from tests.bench.programs import IN_PYTHON, OURS, THEIRS
from tests.bench.report import PUBLISHED


def benchmarks(page: Path) -> str:
    """Return the page with its tables made anew."""
    report = json.loads((PUBLISHED / "bench.json").read_text())
    results: Results = report["results"]
    table = f"{_figures(results)}\n{_origin(report)}\n"
    text = _replaced(page.read_text(), "figures", table)
    return _replaced(text, "targets", _targets(results))


def _replaced(text: str, name: str, table: str) -> str:
    block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    return block.sub(rf"\1\n{table}\n\2", text)


def _origin(report: dict[str, Any]) -> str:
    machine, version = report["machine"], report["versions"][THEIRS]
    return (
        f"Measured on {report['date']} on {machine['processor']}, {machine['cores']} "
        f"cores, Linux {machine['kernel']},\nPython {machine['python']}; {THEIRS} is "
        f"version {version}."
    )


def _figures(results: Results) -> str:
    rows = ["| median | unit | pywgd | wireguard-go | pywgd, Python data plane |"]
    rows.append("|---|---|--:|--:|--:|")
    for key, figure in FIGURES.items():
        values = [median(results, name, key) for name in (OURS, THEIRS, IN_PYTHON)]
        cells = [
            "" if value is None else f"{value:,.{figure.digits}f}" for value in values
        ]
        if any(cells):
            title = f"{figure.title} | {figure.unit}"
            rows.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _targets(results: Results) -> str:
    rows = ["| target | measured | required | desired |", "|---|--:|--:|--:|"]
    for goal in GOALS:
        reached = goal.reached(results, goal.figure)
        if reached is None or goal.meets(reached, goal.aim):
            continue
        bounds = [
            f"{bound:g}{'' if goal.meets(reached, bound) else ' (not reached)'}"
            for bound in (goal.must, goal.aim)
        ]
        title = f"{FIGURES[goal.figure].title}, {goal.of}"
        rows.append(f"| {title} | {reached:,.{goal.digits}f} | {' | '.join(bounds)} |")
    return "\n".join(rows) + "\n"
