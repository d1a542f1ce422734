"""libpywg as this Python calls it."""

import sys

if sys.implementation.name == "micropython":
    from ._micropython import load, strerror
else:
    from ._cpython import load, strerror

__all__ = ["functions", "strerror"]

# By their name without "pywg_"; buffers are taken for pointers.
functions = load()
