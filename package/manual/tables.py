"""The generated tables of pages in docs: measurements and drop reasons."""

import json
import re
from pathlib import Path
from typing import Any

from pywg_embedded.core.drop_reasons import TEXTS
from tests.bench.metrics import GOALS, METRICS, Results, median
from tests.bench.programs import IN_PYTHON, OURS, THEIRS
from tests.bench.report import PUBLISHED


def benchmarks(page: Path) -> str:
    """Return benchmarks.md with its tables made anew."""
    report = json.loads((PUBLISHED / "bench.json").read_text())
    results: Results = report["results"]
    table = f"{_figures(results)}\n{_origin(report)}\n"
    text = _replaced(page.read_text(), "figures", table)
    return _replaced(text, "targets", _targets(results))


def protocol(page: Path) -> str:
    """Return protocol.md with its table of drop reasons made anew."""
    rows = [f"| `{reason}` | {text} |\n" for reason, text in TEXTS.items()]
    table = "| identifier | text in the log |\n|---|---|\n" + "".join(rows)
    return _replaced(page.read_text(), "drop reasons", table)


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
    for key, figure in METRICS.items():
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
        title = f"{METRICS[goal.figure].title}, {goal.of}"
        rows.append(f"| {title} | {reached:,.{goal.digits}f} | {' | '.join(bounds)} |")
    return "\n".join(rows) + "\n"
