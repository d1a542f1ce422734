"""One line an event on standard error; whoever started us decides where it goes."""

import sys

LEVELS = {"silent": 0, "error": 1, "verbose": 2, "debug": 2}


class Log:
    """``level`` is a key of LEVELS."""

    def __init__(self, name: str, level: str) -> None:
        self._name = name
        self.level = LEVELS[level]

    def error(self, text: str) -> None:
        """Something does not work, and somebody should mend it."""
        if self.level >= LEVELS["error"]:
            self._write(text)

    def verbose(self, text: str) -> None:
        """Something happened."""
        if self.is_verbose():
            self._write(text)

    def is_verbose(self) -> bool:
        """Whether it is worth the work to find out what happened."""
        return self.level >= LEVELS["verbose"]

    def _write(self, text: str) -> None:
        try:
            print(f"{self._name}: {text}", file=sys.stderr, flush=True)
        except OSError:
            pass  # nobody listens any more
