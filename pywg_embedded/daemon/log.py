"""The log: one line per event, on standard error or in syslog.

No message waits for its reader, as syslog(3) and a full pipe do: packets would wait.
"""

import select
import socket
import sys
import syslog
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # Takes a priority of syslog(3) and a text. Raises BlockingIOError if it would wait.
    Sink = Callable[[int, str], None]

LEVELS = {"silent": 0, "error": 1, "warning": 2, "verbose": 3, "debug": 3}
DEFAULT_LEVEL = "warning"
# Milliseconds.
_MINUTE, _REPEAT_AFTER = 60_000, 3_600_000
_BURST, _MAX_TEXTS = 30, 64
# Of a line in syslog, in bytes.
_MAX_LINE = 1_024


class Log:
    """Writes messages up to a level, each with the interface's name before it.

    ``level`` is a key of ``LEVELS``; ``sink`` is standard error by default.
    """

    def __init__(self, name: str, level: str, sink: "Sink | None" = None) -> None:
        self._name = name
        self._sink = sink or _to_standard_error
        self._lost = 0
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
            if self._lost:
                lost = f"{self._name}: {self._lost} log messages were lost"
                self._sink(syslog.LOG_WARNING, lost)
                self._lost = 0
            self._sink(priority, f"{self._name}: {text}")
        except BlockingIOError:
            self._lost += 1
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


class Syslog:
    """Writes messages to the socket of the log daemon, as facility daemon.

    Like syslog(3), but a message that the log daemon does not read is not waited for.
    """

    def __init__(self, path: str = "/dev/log") -> None:
        self._path = path
        self._socket: socket.socket | None = None

    def __call__(self, priority: int, text: str) -> None:
        """Write a message; raises OSError if that fails."""
        date = time.strftime("%b %e %H:%M:%S")
        line = f"<{syslog.LOG_DAEMON | priority}>{date} pywgd: {text}"
        data = line.encode("utf-8", "replace")[:_MAX_LINE]
        if self._socket:
            try:
                self._socket.send(data)
                return
            except BlockingIOError:
                raise
            except OSError:
                # The log daemon was restarted.
                self._socket.close()
                self._socket = None
        self._socket = _connect(self._path)
        self._socket.send(data)


def _connect(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return sock


def _to_standard_error(priority: int, text: str) -> None:
    try:
        descriptor = sys.stderr.fileno()
    except OSError:
        descriptor = -1  # not a file
    if descriptor >= 0:
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        if not poll.poll(0):
            raise BlockingIOError
        # A pipe is writable if this much can be written at once.
        data = text.encode("utf-8", "replace")[: select.PIPE_BUF - 1]
        text = data.decode("utf-8", "ignore")
    print(text, file=sys.stderr, flush=True)
