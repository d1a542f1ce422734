"""Run commands and wait for conditions."""

import subprocess
import time
from collections.abc import Callable

# Seconds; far more than an emulated machine needs for one step on a slow host.
TIMEOUT = 120.0


def run(*command: str, text: str = "") -> str:
    """Run ``command`` with ``text`` as its input and return its output.

    Raises:
        AssertionError: the exit code is not 0.
    """
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr.strip()}"
    return result.stdout


def wait_until(condition: Callable[[], object], event: str) -> None:
    """Poll until ``condition`` holds; ``event`` names it in the message.

    Raises:
        AssertionError: the condition does not hold after TIMEOUT seconds.
    """
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, f"timeout after {TIMEOUT:g} s: {event}"
        time.sleep(0.1)
