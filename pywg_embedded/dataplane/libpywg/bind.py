"""Generate the module through which CPython calls libpywg; part of the build.

usage: bind.py SIGNATURES OUTPUT

The module is in the out-of-line ABI mode of cffi: parsing the declarations at run time
would take 4 MiB and 50 ms at every start of the daemon.
"""

import runpy
import sys

from cffi import FFI

C_TYPES = {
    "i": "int",
    "I": "uint32_t",
    "Q": "uint64_t",
    "p": "void *",
    "s": "const char *",
}


def prototype(name: str, result: str, arguments: str) -> str:
    """Return the C declaration of a row of the table."""
    types = ", ".join(C_TYPES[letter] for letter in arguments)
    return f"{C_TYPES[result]} pywg_{name}({types});"


def main(signatures: str, output: str) -> None:
    """Write the module for the table in a Python file."""
    table = runpy.run_path(signatures)["SIGNATURES"]
    ffi = FFI()
    ffi.cdef("\n".join(prototype(*row) for row in table))
    ffi.set_source("_libpywg", None)
    ffi.emit_python_code(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
