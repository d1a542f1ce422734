"""`make bench`: measure ours and wireguard-go in turns; a table, JSON and a picture."""

import argparse
import os
import shutil
import sys

from . import aead_floor, chart, report
from .benchmarks import GAUGES
from .metrics import Results
from .programs import Program, programs
from .workload import FULL, SHORT, Effort


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each (default: 5)")
    parser.add_argument("--short", action="store_true", help="a first impression")
    known = ", ".join(GAUGES)
    parser.add_argument("--only", default="", help=f"some, with commas, of: {known}")
    parser.add_argument(
        "--publish", action="store_true", help=f"copy JSON and picture to {_PUBLISHED}"
    )
    return parser.parse_args()


_PUBLISHED = report.PUBLISHED.relative_to(report.PUBLISHED.parents[2])


def chosen_gauges(text: str) -> list[str]:
    """The gauges named, or all; ValueError names one that is not known."""
    names = text.split(",") if text else list(GAUGES)
    for name in names:
        if name not in GAUGES:
            raise ValueError(f"{name!r} is none of {', '.join(GAUGES)}")
    return names


def measure_in_turns(
    known: dict[str, Program], names: list[str], runs: int, effort: Effort
) -> Results:
    results: Results = {}
    for number in range(1, runs + 1):
        for name in names:
            gauge = GAUGES[name]
            if gauge.once and number > 1:
                continue
            for program in gauge.programs:
                say(f"run {number} of {runs}: {name}, {program}")
                figures = results.setdefault(program, {})
                for figure, value in gauge.measure(known[program], effort).items():
                    figures.setdefault(figure, []).append(value)
    return {program: results[program] for program in known if program in results}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    if os.geteuid():
        say("bench: network namespaces need root")
        return 1
    chosen = options()
    try:
        names = chosen_gauges(chosen.only)
    except ValueError as error:
        say(f"bench: --only: {error}")
        return 1
    # wireguard-go's own way not to lecture.
    os.environ["LOG_LEVEL"] = "silent"
    known = programs() | aead_floor.LIBRARIES
    effort = SHORT if chosen.short else FULL
    results = measure_in_turns(known, names, chosen.runs, effort)
    saved = report.save(results, known, "short" if chosen.short else "full")
    drawn = chart.draw(saved)
    print(report.tables(results))
    print(f"\nAll values: {saved}\nPicture: {drawn}")
    if chosen.publish:
        report.PUBLISHED.mkdir(exist_ok=True)
        for file in saved, drawn:
            shutil.copy(file, report.PUBLISHED / f"bench{file.suffix}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
