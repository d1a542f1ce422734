"""`make bench`: measure ours and wireguard-go in turns, print medians, keep all."""

import argparse
import os
import sys

from . import gauges, report

IMPLEMENTATIONS = ("pywgd", "wireguard-go", "pywgd-python")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each (default: 5)")
    parser.add_argument("--short", action="store_true", help="a first impression")
    return parser.parse_args()


def measure_in_turns(runs: int, effort: gauges.Effort) -> report.Results:
    results: report.Results = {
        name: {figure: [] for figure in gauges.FIGURES} for name in IMPLEMENTATIONS
    }
    for number in range(1, runs + 1):
        for name in IMPLEMENTATIONS:
            print(f"run {number} of {runs}: {name}", file=sys.stderr, flush=True)
            for figure, value in gauges.run(name, effort).items():
                results[name][figure].append(value)
    return results


def main() -> int:
    if os.geteuid():
        print("bench: network namespaces need root", file=sys.stderr)
        return 1
    chosen = options()
    effort = gauges.SHORT if chosen.short else gauges.FULL
    results = measure_in_turns(chosen.runs, effort)
    print(report.table(results))
    print(f"All values: {report.save(results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
