"""`make bench`: measure pywgd and wireguard-go in turns; write table, JSON, chart."""

import argparse
import os
import shutil
import sys

from . import aead_floor, chart, report
from .benchmarks import BENCHMARKS
from .metrics import Results
from .programs import Program, programs
from .workload import FULL, SHORT, Workload


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=5, help="runs per benchmark (default: 5)"
    )
    parser.add_argument(
        "--short", action="store_true", help="shorter runs, less precise"
    )
    known = ", ".join(BENCHMARKS)
    parser.add_argument("--only", default="", help=f"comma-separated list of: {known}")
    parser.add_argument(
        "--publish", action="store_true", help=f"copy JSON and chart to {_PUBLISHED}"
    )
    return parser.parse_args()


_PUBLISHED = report.PUBLISHED.relative_to(report.PUBLISHED.parents[2])


def select_benchmarks(text: str) -> list[str]:
    """Return the names of the benchmarks in a comma-separated list, or all.

    Raises:
        ValueError: a name is unknown.
    """
    names = text.split(",") if text else list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            raise ValueError(
                f"invalid value {name!r} (expected {', '.join(BENCHMARKS)})"
            )
    return names


def measure_in_turns(
    known: dict[str, Program], names: list[str], runs: int, workload: Workload
) -> Results:
    results: Results = {}
    for run in range(1, runs + 1):
        for name in names:
            benchmark = BENCHMARKS[name]
            if benchmark.once and run > 1:
                continue
            for program in benchmark.programs:
                log(f"run {run} of {runs}: {name}, {program}")
                values = results.setdefault(program, {})
                measured = benchmark.measure(known[program], workload)
                for metric, value in measured.items():
                    values.setdefault(metric, []).append(value)
    return {program: results[program] for program in known if program in results}


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    if os.geteuid():
        log("bench: network namespaces need root")
        return 1
    chosen = options()
    try:
        names = select_benchmarks(chosen.only)
    except ValueError as error:
        log(f"bench: --only: {error}")
        return 1
    # Suppresses the warning of wireguard-go.
    os.environ["LOG_LEVEL"] = "silent"
    known = programs() | aead_floor.LIBRARIES
    workload = SHORT if chosen.short else FULL
    results = measure_in_turns(known, names, chosen.runs, workload)
    saved = report.save(results, known, "short" if chosen.short else "full")
    drawn = chart.draw(saved)
    print(report.tables(results))
    print(f"\nAll values: {saved}\nChart: {drawn}")
    if chosen.publish:
        report.PUBLISHED.mkdir(exist_ok=True)
        for file in saved, drawn:
            shutil.copy(file, report.PUBLISHED / f"bench{file.suffix}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
