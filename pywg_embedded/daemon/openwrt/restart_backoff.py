"""Waiting before we are started once more, where the last start ended badly.

netifd starts us again at once, for ever. Nobody who is killed can say so; what is
left behind says it.
"""

import os
import signal

from ...files import remove

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDER = "/var/run/pywg"
_LONGEST_DELAY = 60
_MOST_COUNTED = 16
_LONGEST = 1_000
# Milliseconds; who has run for so long was not started in vain.
STABLE_AFTER = 60_000


class RestartBackoff:
    """Counts in a file; one that cannot be read or written counts nothing."""

    def __init__(self, name: str, folder: str = _FOLDER) -> None:
        self._path = f"{folder}/{name}.attempts"
        self._blocked = f"{folder}/{name}.blocked"
        self._reason = f"{folder}/{name}.reason"

    def wait(self, signals: "Iterable[int]") -> bool:
        """Note that we start, and wait for our turn; False if one of these signals,
        all blocked, tells us to end meanwhile."""
        delay = self.record_start()
        if not delay or signal.sigtimedwait(signals, delay) is None:
            return True
        self.reset()
        return False

    def record_start(self) -> int:
        """Note that we start; how many seconds to wait beforehand."""
        remove(self._blocked)
        count = self._read()
        if not _write(self._path, f"{min(count + 1, _MOST_COUNTED)}\n".encode()):
            return 0
        return min(1 << count - 1, _LONGEST_DELAY) if count else 0

    def reset(self) -> None:
        """This start was not in vain, or we were told to end."""
        remove(self._path)
        remove(self._reason)

    def record_failure(self, reason: str) -> None:
        """Leave word of why it was in vain, for the next one to pass on. Who is blocked
        has none to leave: the next one reads another configuration."""
        if not os.path.exists(self._blocked):
            _write(self._reason, reason.encode())

    def last_failure(self) -> str:
        """Why the last start was in vain; empty if it was not, or nobody knows."""
        return _read(self._reason).decode("utf-8", "replace")

    def block_until_changed(self, configuration: str) -> None:
        """It would be in vain to try again with what this file has in it: the init
        script starts us when that changes."""
        # Not before it is needed, at the end of a vain start: it loads OpenSSL.
        from hashlib import md5

        self.reset()
        try:
            with open(configuration, "rb") as file:
                digest = md5(file.read()).hexdigest()
        except OSError:
            return
        # As md5sum(1) prints it.
        _write(self._blocked, f"{digest}  -\n".encode())

    def _read(self) -> int:
        try:
            return min(max(int(_read(self._path)), 0), _MOST_COUNTED)
        except ValueError:
            return 0


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST)
    except OSError:
        return b""


def _write(path: str, content: bytes) -> bool:
    try:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content[:_LONGEST])
    except OSError:
        return False
    return True
