"""Waiting before we are started once more, where the last start ended badly.

netifd starts us again at once, for ever. Nobody who is killed can say so; what is
left behind says it.
"""

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_FOLDER = "/var/run/pywg"
_LONGEST_DELAY = 60
_MOST_COUNTED = 16
# Milliseconds; who has run for so long was not started in vain.
LONG_ENOUGH = 60_000


class Attempts:
    """Counts in a file; one that cannot be read or written counts nothing."""

    def __init__(self, name: str, folder: str = _FOLDER) -> None:
        self._path = f"{folder}/{name}.attempts"
        self._blocked = f"{folder}/{name}.blocked"

    def wait(self, signals: "Iterable[int]") -> bool:
        """Note that we start, and wait for our turn; False if one of these signals,
        all blocked, tells us to end meanwhile."""
        delay = self.begin()
        if not delay or signal.sigtimedwait(signals, delay) is None:
            return True
        self.succeed()
        return False

    def begin(self) -> int:
        """Note that we start; how many seconds to wait beforehand."""
        _remove(self._blocked)
        count = self._read()
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o755, exist_ok=True)
            with open(self._path, "w") as file:
                file.write(f"{min(count + 1, _MOST_COUNTED)}\n")
        except OSError:
            return 0
        return min(1 << count - 1, _LONGEST_DELAY) if count else 0

    def succeed(self) -> None:
        """This start was not in vain, or we were told to end."""
        _remove(self._path)

    def block(self) -> None:
        """It would be in vain to try again: the init script starts us on a change."""
        _remove(self._path)
        try:
            with open(self._blocked, "w"):
                pass
        except OSError:
            pass  # then it takes an "ifup"

    def _read(self) -> int:
        try:
            with open(self._path) as file:
                return min(max(int(file.read(8)), 0), _MOST_COUNTED)
        except (OSError, ValueError):
            return 0


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # it was never made
