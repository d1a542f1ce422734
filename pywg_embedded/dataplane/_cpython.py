"""The binding of libpywg for CPython, with cffi."""

import os

from ._libpywg import __file__ as _file
from ._libpywg import ffi as _ffi
from .signatures import SIGNATURES, SONAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

strerror = os.strerror

# A wheel contains the library; otherwise it is in the library path of the system.
_BESIDE = os.path.join(os.path.dirname(_file), SONAME)
# A global: cffi unloads a library without references, even if its functions are used.
_library = _ffi.dlopen(_BESIDE if os.path.exists(_BESIDE) else SONAME)


def load() -> "dict[str, Callable[..., Any]]":
    """Return the functions by their names without ``pywg_``.

    A pointer argument is any object with the buffer protocol. A function that the
    library or its declarations lack is left out.
    """
    found = {}
    for name, result, arguments in SIGNATURES:
        try:
            found[name] = _function(name, result, arguments)
        except (AttributeError, _ffi.error):
            pass
    return found


def path() -> str:
    """Return where the loader found the library."""
    with open("/proc/self/maps") as maps:
        paths = [line.split(None, 5)[-1].strip() for line in maps if SONAME in line]
    return paths[0] if paths else SONAME


def _function(name: str, result: str, arguments: str) -> "Callable[..., Any]":
    function = getattr(_library, "pywg_" + name)
    pointers = [at for at, letter in enumerate(arguments) if letter == "p"]
    if pointers:
        return _with_buffers(function, pointers)
    return _with_text(function) if result == "s" else function


def _with_buffers(
    function: "Callable[..., Any]", pointers: list[int]
) -> "Callable[..., Any]":
    def call(*arguments: "Any") -> "Any":
        values = list(arguments)
        for at in pointers:
            values[at] = _ffi.from_buffer(values[at])
        return function(*values)

    return call


def _with_text(function: "Callable[..., Any]") -> "Callable[..., Any]":
    def call(*arguments: "Any") -> "str | None":
        text = function(*arguments)
        return _ffi.string(text).decode() if text else None

    return call
