"""A shell at the other end of a serial line, as a person would use it.

Whatever else is said on the line, by the kernel or by what runs in the background,
comes between; so a command's own output is marked, and its exit code comes last.
"""

import os
import re
import select
import time

# What OpenWrt says before there is a shell.
INVITATION = re.compile(rb"Please press Enter to activate this console\.")
# Seconds for a shell to answer, if it reads at all.
ATTEMPT = 5.0
# What OpenWrt's shell takes as one line.
LONGEST = 500
_PIECE = 1 << 16
_LAST = 2000


class CommandFailed(Exception):
    """A command ended with another exit code than 0; the text says what it said."""


class Silence(Exception):
    """Nothing that was waited for came in time; the text is what came last."""


class Console:
    """Reads and writes the file descriptor ``line``, which stays the caller's."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._heard = b""
        self._count = 0

    def wait_for(self, pattern: re.Pattern[bytes], seconds: float) -> re.Match[bytes]:
        """Read until the pattern is found, and forget all up to its end."""
        until = time.monotonic() + seconds
        while not (found := pattern.search(self._heard)):
            self._read(until)
        self._heard = self._heard[found.end() :]
        return found

    def wake(self, seconds: float) -> None:
        """Wait until there is a shell, then ask the kernel not to interrupt."""
        until = time.monotonic() + seconds
        self.wait_for(INVITATION, seconds)
        while True:
            os.write(self._line, b"\n")
            try:
                self.run("dmesg -n 1 || true", ATTEMPT)
                return
            except Silence:
                # What is typed before the shell reads may be lost.
                if time.monotonic() > until:
                    raise

    def run(self, command: str, seconds: float = 60.0) -> str:
        """What ``command``, of one line, prints; CommandFailed if it fails."""
        self._count += 1
        start, end = f"start-{self._count}", f"end-{self._count}"
        # The quotes keep the line's echo of the command from being taken for these.
        typed = f"echo '{start}':; {command}; echo '{end}':$?:\n".encode()
        if len(typed) > LONGEST:
            raise ValueError(f"a shell on a line takes less than {len(typed)} bytes")
        os.write(self._line, typed)
        found = self.wait_for(_between(start, end), seconds)
        output = found[1].decode(errors="replace").replace("\r\n", "\n")
        if int(found[2]):
            raise CommandFailed(f"{command}\n{output}")
        return output

    def _read(self, until: float) -> None:
        left = max(0.0, until - time.monotonic())
        if not select.select([self._line], [], [], left)[0]:
            raise Silence(self._last())
        try:
            piece = os.read(self._line, _PIECE)
        except OSError:  # how a terminal ends
            piece = b""
        if not piece:
            raise Silence(f"the line has ended: {self._last()}")
        self._heard += piece

    def _last(self) -> str:
        return self._heard[-_LAST:].decode(errors="replace")


def _between(start: str, end: str) -> re.Pattern[bytes]:
    pattern = rf"{start}:\r?\n(.*?){end}:(\d+):"
    return re.compile(pattern.encode(), re.DOTALL)
