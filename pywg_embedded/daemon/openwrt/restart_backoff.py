"""The restart back-off: a delay before a daemon starts again that has ended early.

netifd restarts the daemon at once, without limit. A daemon that is killed cannot say
so; therefore each start is recorded in a file, and a start that succeeds removes it.
"""

import os
import signal

from ...files import remove

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDER = "/var/run/pywg"
# Seconds.
_MAX_DELAY = 60
_MAX_COUNT = 16
_MAX_FILE_SIZE = 1_000
# Milliseconds after which a start counts as successful.
STABLE_AFTER = 60_000


class RestartBackoff:
    """Counts starts in a file; there is no delay if the file cannot be used."""

    def __init__(self, name: str, folder: str = _FOLDER) -> None:
        self._path = f"{folder}/{name}.attempts"
        self._blocked = f"{folder}/{name}.blocked"
        self._reason = f"{folder}/{name}.reason"

    def wait(self, signals: "Iterable[int]") -> bool:
        """Record a start and wait for the delay.

        Return False if one of ``signals``, which must be blocked, arrives meanwhile.
        """
        delay = self.record_start()
        if not delay or signal.sigtimedwait(signals, delay) is None:
            return True
        self.reset()
        return False

    def record_start(self) -> int:
        """Record a start and return the delay before it, in seconds."""
        remove(self._blocked)
        try:
            count = min(max(int(_read(self._path)), 0), _MAX_COUNT)
        except ValueError:
            count = 0
        if not _write(self._path, f"{min(count + 1, _MAX_COUNT)}\n".encode()):
            return 0
        return min(1 << count - 1, _MAX_DELAY) if count else 0

    def reset(self) -> None:
        """Forget all starts: this one was successful, or was ended by a signal."""
        remove(self._path)
        remove(self._reason)

    def record_failure(self, reason: str) -> None:
        """Keep the reason of a failed start for the next one, which reports it.

        A blocked daemon keeps none: the next start has another configuration.
        """
        if not os.path.exists(self._blocked):
            _write(self._reason, reason.encode())

    def last_failure(self) -> str:
        """Return the reason why the last start failed, or an empty text."""
        return _read(self._reason).decode("utf-8", "replace")

    def block_until_changed(self, configuration: str) -> None:
        """Block further starts until this file changes; the init script compares it."""
        # Imported when it is needed, before an exit: it loads OpenSSL.
        from hashlib import md5

        self.reset()
        try:
            with open(configuration, "rb") as file:
                digest = md5(file.read()).hexdigest()
        except OSError:
            return
        # In the output format of md5sum(1).
        _write(self._blocked, f"{digest}  -\n".encode())


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_FILE_SIZE)
    except OSError:
        return b""


def _write(path: str, content: bytes) -> bool:
    try:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content[:_MAX_FILE_SIZE])
    except OSError:
        return False
    return True
