"""The functions of libpywg, with the binding for this Python."""

import sys

if sys.implementation.name == "micropython":
    from ._micropython import load, strerror
else:
    from ._cpython import load, strerror

__all__ = ["functions", "strerror"]

# By their names without "pywg_"; pointers are any objects with the buffer protocol.
functions = load()
