"""Runs a portable test module under MicroPython: ``runner.py tests.core.test_x``.

Prints a line of JSON for each test: its name, and the traceback or null.
"""

import io
import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def outcome(test: "Callable[[], None]") -> str | None:
    """Return None, or the traceback of a failed test."""
    try:
        test()
    except BaseException as error:
        text = io.StringIO()
        sys.print_exception(error, text)  # type: ignore[attr-defined]
        return text.getvalue()
    return None


def run(module_name: str) -> None:
    """Run the tests of a module, in the order of their names."""
    __import__(module_name)
    module = sys.modules[module_name]
    for name in sorted(dir(module)):
        if name.startswith("test_"):
            error = outcome(getattr(module, name))
            print(json.dumps({"test": name, "error": error}))


run(sys.argv[1])
