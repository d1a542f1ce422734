"""Waiting with a deadline for something to become true."""

import time
from collections.abc import Callable

DEADLINE = 10.0
_STEP = 0.02


def becomes(condition: Callable[[], bool], seconds: float = DEADLINE) -> bool:
    """Whether ``condition`` came true within ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_STEP)
    return True
