"""A chart of the results: a panel per metric, bars for medians, dots for runs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

from .aead_floor import LIBSODIUM, OPENSSL
from .metrics import GOALS, METRICS, Goal, Results, median
from .programs import IN_PYTHON, OURS, THEIRS

matplotlib.use("Agg")
from matplotlib import pyplot

_COLOURS = {
    OURS: "#0f766e",
    THEIRS: "#94a3b8",
    IN_PYTHON: "#7dd3c0",
    LIBSODIUM: "#e5c07b",
    OPENSSL: "#c9974a",
}
_ALL, _FEW, _FLOOR = (OURS, THEIRS, IN_PYTHON), (OURS, THEIRS), (LIBSODIUM, OPENSSL)
_INK, _FAINT, _LINE = "#1e293b", "#64748b", "#e2e8f0"
_VERDICTS = {"aim": "#15803d", "must": "#b45309", "no": "#b91c1c"}
_COLUMNS = 3
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "xtick.color": _INK,
    "figure.facecolor": "white",
}


@dataclass(frozen=True)
class Panel:
    """Metrics of one unit with their labels, and the programs to show."""

    title: str
    figures: dict[str, str]
    programs: tuple[str, ...] = _FEW


PANELS = (
    # Without the reference plane, whose bar would dwarf all others.
    Panel("CPU time of TCP", {"cpu": ""}, _FEW + _FLOOR),
    Panel("TCP, one stream", {"tcp": ""}, _ALL),
    Panel("64-byte UDP delivered", {"small_packets": ""}, _ALL),
    Panel("Ping, idle", {"idle_p50": "median", "idle_p99": "99 %"}),
    Panel("Ping beside TCP", {"loaded_p50": "median", "loaded_p99": "99 %"}),
    Panel("Handshakes answered", {"handshakes": ""}, _ALL),
    Panel(
        "Cost a packet",
        {
            "packet_1": "1 peer",
            "packet_100": "100\npeers",
            "packet_1000": "1000\npeers",
            "packet_table": "10,000\nallowed IPs",
        },
    ),
    Panel("16 peers, mixed load", {"peak": "resident peak", "growth": "growth"}),
    Panel("Memory a peer", {"memory_idle": "idle", "memory_session": "session"}),
    Panel(
        "130,000 allowed IPs",
        {
            "allowed_ips_set": "set",
            "allowed_ips_read": "read back",
            "allowed_ips": "both",
        },
    ),
)


def draw(saved: Path) -> Path:
    """Draw the chart of a saved report next to it and return its path."""
    report = json.loads(saved.read_text())
    results: Results = report["results"]
    shown = [panel for panel in PANELS if _programs(panel, results)]
    rows = -(-(len(shown) + 1) // _COLUMNS)
    with pyplot.rc_context(_STYLE):
        figure, grid = pyplot.subplots(
            rows, _COLUMNS, figsize=(4.1 * _COLUMNS, 3.3 * rows), squeeze=False
        )
        places = list(grid.flat)
        for panel, axes in zip(shown, places):
            _draw_panel(axes, panel, results)
        _draw_notes(places[len(shown)], report)
        for axes in places[len(shown) + 1 :]:
            axes.axis("off")
        figure.tight_layout(h_pad=2.2, w_pad=2.0)
        path = saved.with_suffix(".png")
        figure.savefig(path, dpi=130)
        pyplot.close(figure)
    return path


def _programs(panel: Panel, results: Results) -> list[str]:
    """Return the programs with a value for any metric of the panel."""
    return [
        program
        for program in panel.programs
        if any(median(results, program, figure) is not None for figure in panel.figures)
    ]


def _draw_panel(axes: Any, panel: Panel, results: Results) -> None:
    programs = _programs(panel, results)
    width = 0.8 / len(programs)
    for place, figure in enumerate(panel.figures):
        for index, program in enumerate(programs):
            x = place + (index - (len(programs) - 1) / 2) * width
            _draw_bar(axes, (x, width), results, program, figure)
    axes.set_xticks(range(len(panel.figures)), panel.figures.values())
    axes.set_xlim(-0.6, len(panel.figures) - 0.4)
    axes.margins(y=0.22)
    axes.set_ylim(bottom=0)
    axes.tick_params(length=0)
    axes.set_yticks([])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    _head(axes, panel, results)


def _draw_bar(
    axes: Any, place: tuple[float, float], results: Results, program: str, figure: str
) -> None:
    height = median(results, program, figure)
    if height is None:
        return
    x, width = place
    axes.bar(x, height, width * 0.86, color=_COLOURS[program], zorder=2)
    values = results[program][figure]
    spread = [
        x + width * 0.07 * (n - (len(values) - 1) / 2) for n in range(len(values))
    ]
    dots = {"s": 13, "color": "white", "edgecolors": _INK, "linewidths": 0.7}
    axes.scatter(spread, values, zorder=3, **dots)
    axes.annotate(
        _format(height, METRICS[figure].digits),
        (x, max(height, *values)),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        fontsize=8.5,
    )


def _format(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}"


def _head(axes: Any, panel: Panel, results: Results) -> None:
    unit = METRICS[next(iter(panel.figures))].unit
    axes.text(0, 1.2, panel.title, transform=axes.transAxes, fontsize=12, weight="bold")
    axes.text(1, 1.2, unit, transform=axes.transAxes, color=_FAINT, ha="right")
    goals = [goal for goal in GOALS if goal.figure in panel.figures]
    verdicts = [_verdict(goal, panel, results) for goal in goals]
    shown = [verdict for verdict in verdicts if verdict]
    for line, (text, colour) in enumerate(shown):
        place = {"transform": axes.transAxes, "fontsize": 8.5}
        axes.text(0, 1.11 - 0.075 * line, text, color=colour, **place)


def _verdict(goal: Goal, panel: Panel, results: Results) -> tuple[str, str] | None:
    reached = goal.reached(results, goal.figure)
    if reached is None:
        return None
    label = panel.figures[goal.figure].replace("\n", " ")
    value = f"{_format(reached, goal.digits)} {goal.of}"
    if goal.meets(reached, goal.aim):
        state, mark = "aim", "aim met"
    elif goal.meets(reached, goal.must):
        state, mark = "must", f"met, aim {goal.aim:g}"
    else:
        state, mark = "no", f"not met, must {goal.must:g}"
    return f"{label + ': ' if label else ''}{value} ({mark})", _VERDICTS[state]


def _draw_notes(axes: Any, report: dict[str, Any]) -> None:
    """Draw the legend and the description of the machine."""
    axes.axis("off")
    machine, versions = report["machine"], report["versions"]
    known = [program for program in _COLOURS if program in report["results"]]
    for line, program in enumerate(known):
        y = 1.1 - 0.12 * line
        colour = _COLOURS[program]
        axes.add_patch(pyplot.Rectangle((0, y - 0.03), 0.06, 0.07, color=colour))
        alone = " alone" if program in _FLOOR else f", {versions[program]}"
        axes.text(0.09, y, program + alone, va="center")
    lines = (
        "bars and numbers: medians; dots: runs, in turns",
        f"{machine['processor']}, {machine['cores']} cores",
        f"Linux {machine['kernel']}, Python {machine['python']}",
        f"{report['date']}, {report['workload']} runs",
    )
    below = 1.1 - 0.12 * len(known) - 0.02
    text = "\n".join(lines)
    axes.text(0, below, text, va="top", color=_FAINT, fontsize=8.5, linespacing=1.6)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.2)
