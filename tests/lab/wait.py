"""Waiting with a deadline for something to become true."""

import time
from collections.abc import Callable

# Far more than a slow machine needs; only what will never come takes so long.
DEADLINE = 60.0
_STEP = 0.02


def becomes(condition: Callable[[], bool], seconds: float = DEADLINE) -> bool:
    """Whether ``condition`` came true within ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_STEP)
    return True
