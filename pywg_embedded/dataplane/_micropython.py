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

    A pointer argument is any object with the buffer protocol. A function that the
    library lacks is left out.
    """
    library = ffi.open(SONAME)
    found = {}
    for name, result, arguments in SIGNATURES:
        try:
            found[name] = library.func(result, "pywg_" + name, arguments)
        except OSError:
            pass
    return found


def path() -> str:
    """Return the name that the loader finds the library by."""
    return SONAME
