"""Run a command to its end, or wait until something is so."""

import subprocess
import time
from collections.abc import Callable

# Far more than the emulated machine needs for one step, however slow the host is.
PATIENCE = 120.0


def run(*command: str, text: str = "") -> str:
    """What ``command`` prints, ``text`` being its input; it has to succeed."""
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr.strip()}"
    return result.stdout


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until ``condition`` holds; ``what`` names it if it never does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"timeout after {PATIENCE:g} s: {what}"
        time.sleep(0.1)
