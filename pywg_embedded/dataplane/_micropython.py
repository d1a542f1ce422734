"""The binding of libpywg for MicroPython, with ``ffi``."""

import ffi

from .signatures import SIGNATURES, SONAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# From the C library: MicroPython's os has none.
strerror: "Callable[[int], str]" = ffi.open(None).func("s", "strerror", "i")


def load() -> "dict[str, Callable[..., Any]]":
    """Return the functions by their names without ``pywg_``.

    A pointer argument is any object with the buffer protocol.
    """
    library = ffi.open(SONAME)
    return {
        name: library.func(result, "pywg_" + name, arguments)
        for name, result, arguments in SIGNATURES
    }
