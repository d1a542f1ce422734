"""One line an event: on standard error, where whoever started us decides where it
goes, or to syslog."""

import sys
import syslog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # Priority as of syslog(3), and text.
    Sink = Callable[[int, str], None]

LEVELS = {"silent": 0, "error": 1, "verbose": 2, "debug": 2}


class Log:
    """``level`` is a key of LEVELS."""

    def __init__(self, name: str, level: str, sink: "Sink | None" = None) -> None:
        self._name = name
        self._sink = sink or _to_standard_error
        self.level = LEVELS[level]

    def error(self, text: str) -> None:
        """Something does not work, and somebody should mend it."""
        if self.level >= LEVELS["error"]:
            self._write(syslog.LOG_ERR, text)

    def verbose(self, text: str) -> None:
        """Something happened."""
        if self.is_verbose():
            self._write(syslog.LOG_INFO, text)

    def is_verbose(self) -> bool:
        """Whether it is worth the work to find out what happened."""
        return self.level >= LEVELS["verbose"]

    def _write(self, priority: int, text: str) -> None:
        try:
            self._sink(priority, f"{self._name}: {text}")
        except OSError:
            pass  # nobody listens any more


def to_syslog(priority: int, text: str) -> None:
    """A sink: whoever reads the system's log."""
    syslog.syslog(syslog.LOG_DAEMON | priority, text)


def _to_standard_error(priority: int, text: str) -> None:
    print(text, file=sys.stderr, flush=True)
