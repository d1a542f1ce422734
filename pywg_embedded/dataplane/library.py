"""The functions of libpywg, with the binding for this Python."""

import sys

from .. import __version__
from ..core.errors import Error
from .signatures import SIGNATURES

if sys.implementation.name == "micropython":
    from ._micropython import load, path, strerror
else:
    from ._cpython import load, path, strerror

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["functions", "strerror"]


def _check(functions: "dict[str, Callable[..., Any]]") -> None:
    """Raise Error if the library is of another version, or lacks a function."""
    version = functions["version"]() if "version" in functions else "unknown"
    if version != __version__:
        raise Error(
            f"{path()} has version {version}, but pywg-embedded has version "
            f"{__version__}; upgrade both"
        )
    missing = [row[0] for row in SIGNATURES if row[0] not in functions]
    if missing:
        raise Error(
            f"{path()} has no function pywg_{missing[0]}, although it has the same "
            f"version as pywg-embedded, {__version__}; upgrade both"
        )


# By their names without "pywg_"; pointers are any objects with the buffer protocol.
functions = load()
_check(functions)
