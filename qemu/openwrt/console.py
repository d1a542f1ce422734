"""A shell at the other end of a serial line.

The kernel and background processes write to the same line. So the output of a command
is enclosed in markers, and the end marker carries its exit code.
"""

import os
import re
import select
import time

# The prompt of OpenWrt before it starts a shell.
ACTIVATE_PROMPT = re.compile(rb"Please press Enter to activate this console\.")
# Seconds for a shell to answer; input before it reads may be lost.
RETRY_SECONDS = 5.0
# The longest line, in bytes, that the shell of OpenWrt accepts.
MAX_LINE = 500
_CHUNK = 1 << 16
_TAIL = 2000


class CommandFailed(Exception):
    """The exit code of a command is not 0; the message holds its output."""


class ConsoleTimeout(Exception):
    """Expected output did not arrive in time; the message holds the last output."""


class Console:
    """A shell on the file descriptor ``line``, which the caller closes."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._buffer = b""
        self._count = 0

    def wait_for(self, pattern: re.Pattern[bytes], seconds: float) -> re.Match[bytes]:
        """Read until the pattern matches; discard everything up to its end.

        Raises:
            ConsoleTimeout: no match within ``seconds``, or the line is closed.
        """
        until = time.monotonic() + seconds
        while not (match := pattern.search(self._buffer)):
            self._read(until)
        self._buffer = self._buffer[match.end() :]
        return match

    def activate(self, seconds: float) -> None:
        """Start the shell once OpenWrt offers it, and silence kernel messages."""
        until = time.monotonic() + seconds
        self.wait_for(ACTIVATE_PROMPT, seconds)
        while True:
            os.write(self._line, b"\n")
            try:
                self.run("dmesg -n 1 || true", RETRY_SECONDS)
                return
            except ConsoleTimeout:
                if time.monotonic() > until:
                    raise

    def run(self, command: str, seconds: float = 60.0) -> str:
        """Run a command of one line and return its output.

        Raises:
            CommandFailed: the exit code is not 0.
            ConsoleTimeout: the command does not end within ``seconds``.
            ValueError: the line is too long.
        """
        self._count += 1
        start, end = f"start-{self._count}", f"end-{self._count}"
        # The quotes keep the echo of the command from matching as a marker.
        typed = f"echo '{start}':; {command}; echo '{end}':$?:\n".encode()
        if len(typed) > MAX_LINE:
            raise ValueError(
                f"command too long: {len(typed)} bytes (limit {MAX_LINE} bytes)"
            )
        os.write(self._line, typed)
        match = self.wait_for(_between(start, end), seconds)
        output = match[1].decode(errors="replace").replace("\r\n", "\n")
        if int(match[2]):
            raise CommandFailed(f"{command}\n{output}")
        return output

    def _read(self, until: float) -> None:
        left = max(0.0, until - time.monotonic())
        if not select.select([self._line], [], [], left)[0]:
            raise ConsoleTimeout(self._tail())
        try:
            piece = os.read(self._line, _CHUNK)
        except OSError:  # a closed terminal
            piece = b""
        if not piece:
            raise ConsoleTimeout(f"the line is closed: {self._tail()}")
        self._buffer += piece

    def _tail(self) -> str:
        return self._buffer[-_TAIL:].decode(errors="replace")


def _between(start: str, end: str) -> re.Pattern[bytes]:
    pattern = rf"{start}:\r?\n(.*?){end}:(\d+):"
    return re.compile(pattern.encode(), re.DOTALL)
