"""Wait for a condition with a deadline."""

import time
from collections.abc import Callable

# Seconds; far more than a slow machine needs. Only a failure takes this long.
DEADLINE = 60.0
_STEP = 0.02


def becomes(condition: Callable[[], bool], seconds: float = DEADLINE) -> bool:
    """Poll ``condition``; return whether it was true within ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_STEP)
    return True
