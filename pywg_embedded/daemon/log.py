"""The log: one line per event, on standard error or in syslog."""

import sys
import syslog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # Takes a priority of syslog(3) and a text.
    Sink = Callable[[int, str], None]

LEVELS = {"silent": 0, "error": 1, "warning": 2, "verbose": 3, "debug": 3}
DEFAULT_LEVEL = "warning"
# Milliseconds.
_MINUTE, _REPEAT_AFTER = 60_000, 3_600_000
_BURST, _MAX_TEXTS = 30, 64


class Log:
    """Writes messages up to a level, each with the interface's name before it.

    ``level`` is a key of ``LEVELS``; ``sink`` is standard error by default.
    """

    def __init__(self, name: str, level: str, sink: "Sink | None" = None) -> None:
        self._name = name
        self._sink = sink or _to_standard_error
        self.level = LEVELS[level]

    def error(self, text: str) -> None:
        """Log a failure that needs an administrator."""
        if self.level >= LEVELS["error"]:
            self._write(syslog.LOG_ERR, text)

    def warning(self, text: str) -> None:
        """Log a condition that impairs the interface but does not stop it."""
        if self.level >= LEVELS["warning"]:
            self._write(syslog.LOG_WARNING, text)

    def verbose(self, text: str) -> None:
        """Log a normal event."""
        if self.is_verbose():
            self._write(syslog.LOG_INFO, text)

    def is_verbose(self) -> bool:
        """Return whether ``verbose`` writes anything, to skip costly preparations."""
        return self.level >= LEVELS["verbose"]

    def _write(self, priority: int, text: str) -> None:
        try:
            self._sink(priority, f"{self._name}: {text}")
        except OSError:
            pass  # standard error is closed or full; the daemon goes on


class FailureLog:
    """Logs failures that are likely to be repeated: each distinct text once an hour.

    At most ``_BURST`` lines are written in a minute, whatever the texts are.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._logged_at: dict[str, int] = {}
        self._minute_ends_at = 0
        self._count = 0

    def warning(self, text: str, now: int) -> None:
        """Log a failure; ``now`` is the boot time in milliseconds."""
        if text in self._logged_at and now - self._logged_at[text] < _REPEAT_AFTER:
            return
        if now >= self._minute_ends_at:
            self._minute_ends_at = now + _MINUTE
            self._count = 0
        if self._count == _BURST:
            return
        self._count += 1
        if len(self._logged_at) == _MAX_TEXTS:
            self._logged_at.clear()
        self._logged_at[text] = now
        self._log.warning(text)


def to_syslog(priority: int, text: str) -> None:
    """Write a message to syslog, as facility daemon."""
    syslog.syslog(syslog.LOG_DAEMON | priority, text)


def _to_standard_error(priority: int, text: str) -> None:
    print(text, file=sys.stderr, flush=True)
