"""libpywg under MicroPython: its functions, as ``ffi`` calls them."""

import ffi

from .signatures import SIGNATURES, SONAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# MicroPython's os has none: the C library's own.
strerror: "Callable[[int], str]" = ffi.open(None).func("s", "strerror", "i")


def load() -> "dict[str, Callable[..., Any]]":
    """Functions by their name without "pywg_"; buffers are taken for pointers."""
    library = ffi.open(SONAME)
    return {
        name: library.func(result, "pywg_" + name, arguments)
        for name, result, arguments in SIGNATURES
    }
