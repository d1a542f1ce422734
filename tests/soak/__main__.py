"""`make soak`: run tests again and again, and print how often they pass and how long
they take.

A scenario is a folder of ``tests/``, such as ``interop``, or anything else that pytest
takes as a path. Each round runs every scenario once, in one process, so that all of
them meet the same changes of the machine. The output of a run is kept in build/soak.
"""

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
LOGS = CHECKOUT / "build/soak"
# Computes without end at normal priority: one per core is a fully loaded machine.
SPIN = (sys.executable, "-c", "while True: pass")


class Run(NamedTuple):
    """One run of a scenario: whether it passed, and the seconds it took."""

    passed: bool
    seconds: float


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser("soak", description="Repeat tests.")
    parser.add_argument("scenario", nargs="+", help="folder of tests/, or path")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument(
        "--load", type=int, default=0, choices=(0, 1), help="1: load all cores"
    )
    parser.add_argument(
        "--limit", type=float, default=3600, help="seconds per run (default: 3600)"
    )
    return parser.parse_args()


def path_of(scenario: str) -> str:
    """Return what pytest is given for a scenario."""
    folder = CHECKOUT / "tests" / scenario
    return str(folder) if folder.is_dir() else scenario


@contextlib.contextmanager
def loaded_cores() -> Iterator[None]:
    """Keep every core busy until the block ends."""
    spinning = [subprocess.Popen(SPIN) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def run(scenario: str, log: Path, limit: float) -> Run:
    """Run a scenario once; a run that exceeds ``limit`` seconds is ended and failed."""
    command = (sys.executable, "-m", "pytest", "-q", path_of(scenario))
    start = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            passed = process.wait(limit) == 0
        except subprocess.TimeoutExpired:
            passed = False
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return Run(passed, time.monotonic() - start)


def soak(scenarios: list[str], rounds: int, limit: float) -> dict[str, list[Run]]:
    """Run all rounds, and print each run when it ends."""
    LOGS.mkdir(parents=True, exist_ok=True)
    runs: dict[str, list[Run]] = {scenario: [] for scenario in scenarios}
    for turn in range(1, rounds + 1):
        for scenario in runs:
            log = LOGS / f"{scenario.replace('/', '_')}-{turn}.log"
            done = run(scenario, log, limit)
            runs[scenario].append(done)
            result = "passed" if done.passed else f"FAILED, see {log}"
            print(
                f"round {turn}/{rounds} {scenario}: {result} ({done.seconds:.1f} s)",
                flush=True,
            )
    return runs


def print_table(runs: dict[str, list[Run]]) -> None:
    """Print one line per scenario."""
    width = max(8, *map(len, runs))
    print(f"\n{'scenario':{width}} rounds passed failed  median s   worst s")
    for scenario, all_runs in runs.items():
        passed = sum(run.passed for run in all_runs)
        seconds = [run.seconds for run in all_runs]
        print(
            f"{scenario:{width}} {len(all_runs):6} {passed:6}"
            f" {len(all_runs) - passed:6} {statistics.median(seconds):9.1f}"
            f" {max(seconds):9.1f}"
        )


def main() -> int:
    """Run the soak test; return 1 if any run failed."""
    options = arguments()
    load = loaded_cores() if options.load else contextlib.nullcontext()
    with load:
        runs = soak(options.scenario, options.rounds, options.limit)
    print_table(runs)
    return int(not all(run.passed for all_runs in runs.values() for run in all_runs))


if __name__ == "__main__":
    sys.exit(main())
