"""The tasks of the main loop: each one fails alone, is logged, and is run again.

A task is the work of a tick or of an event. An exception that leaves it, of any kind,
must not end the daemon: it would delete the interface, and all sessions with it.
"""

from .. import __version__
from ..control.text import quote
from ..core.errors import Error
from . import clock
from .log import FailureLog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .log import Log

_MAX_REASON = 200


class Tasks:
    """The registry of tasks by name, and the only place where they are run."""

    def __init__(self, log: "Log") -> None:
        self._failures = FailureLog(log)
        self._functions: dict[str, Callable[..., object]] = {}

    def add(self, name: str, function: "Callable[..., object]") -> None:
        """Add a task, or replace the one of this name."""
        self._functions[name] = function

    def names(self) -> "list[str]":
        """Return the names of all tasks."""
        return list(self._functions)

    def run(self, name: str, *arguments: "Any") -> bool:
        """Run a task and return whether it succeeded; log a failure."""
        try:
            self._functions[name](*arguments)
        except Exception as error:
            self.report(name, error)
            return False
        return True

    def report(self, name: str, error: Exception) -> None:
        """Log the failure of a task, or of a part that has its own way to fail."""
        self.log_failure(f"{name} failed: {_describe(error)}; will retry")

    def log_failure(self, text: str) -> None:
        """Log a failure that is likely to be repeated, once an hour."""
        self._failures.warning(text, clock.boottime())


def _describe(error: Exception) -> str:
    """Return the reason in one line; for a defect of this program, also its place."""
    if isinstance(error, OSError) and error.strerror:
        file = "" if error.filename is None else f"{error.filename}: "
        return _printable(f"{file}{error.strerror}")
    if isinstance(error, (OSError, Error)):
        return _printable(str(error))
    # Other arguments may hold a key.
    shown = all(isinstance(argument, (str, int)) for argument in error.args)
    reason = quote(str(error)) if shown else "(not shown)"
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace:
        file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
        reason += f" in {file}, line {trace.tb_lineno}, of pywgd {__version__}"
    return f"{type(error).__name__} {reason}"


def _printable(text: str) -> str:
    text = text[:_MAX_REASON]
    return text if text.isprintable() else ascii(text)
