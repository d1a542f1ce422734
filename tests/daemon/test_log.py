"""Log levels and sinks."""

import contextlib
import io
import os
import socket
import sys
import syslog
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.daemon.log import DEFAULT_LEVEL, LEVELS, Log, Syslog
from tests.lab.wait import becomes

ERROR, WARNING, VERBOSE = "wg0: broken\n", "wg0: slow\n", "wg0: up\n"
WRITTEN = {
    "silent": "",
    "error": ERROR,
    "warning": ERROR + WARNING,
    "verbose": ERROR + WARNING + VERBOSE,
    "debug": ERROR + WARNING + VERBOSE,
}


def test_every_level_is_covered() -> None:
    assert WRITTEN.keys() == LEVELS.keys()
    assert DEFAULT_LEVEL in LEVELS


def write_one_of_each(log: Log) -> None:
    log.error("broken")
    log.warning("slow")
    log.verbose("up")


@pytest.mark.parametrize("level", WRITTEN)
def test_messages_are_written_up_to_the_level(
    level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_one_of_each(Log("wg0", level))
    assert capsys.readouterr().err == WRITTEN[level]


def test_messages_have_the_priority_of_their_level() -> None:
    priorities = []
    write_one_of_each(
        Log("wg0", "debug", lambda priority, _: priorities.append(priority))
    )
    assert priorities == [syslog.LOG_ERR, syslog.LOG_WARNING, syslog.LOG_INFO]


class Full(io.TextIOBase):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_message_is_discarded_when_standard_error_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    Log("wg0", "error").error("broken")


def returns(log: Log, *texts: str) -> bool:
    """Return whether the log takes the texts without a reader."""

    def write() -> None:
        for text in texts:
            log.error(text)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    return becomes(lambda: not writer.is_alive())


def test_log_does_not_wait_when_standard_error_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    with open(reading) as reader, open(writing, "w") as writer:
        monkeypatch.setattr(sys, "stderr", writer)
        log = Log("wg0", "error")
        assert returns(log, *(f"{n} {'x' * 5_000}" for n in range(100)))
        lines = os.read(reading, 1 << 20).decode().splitlines()
        assert lines[0].startswith("wg0: 0 xxx")
        assert returns(log, "back")
        assert os.read(reading, 1 << 20).decode().splitlines() == [
            f"wg0: {100 - len(lines)} log messages were lost",
            "wg0: back",
        ]
        assert not reader.closed


@contextlib.contextmanager
def log_daemon(path: Path) -> Iterator[socket.socket]:
    """A log daemon whose socket has the path, and which reads when the test does."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(os.path.relpath(path))
        sock.setblocking(False)
        yield sock


def read_all(sock: socket.socket) -> list[str]:
    lines = []
    with contextlib.suppress(BlockingIOError):
        while True:
            lines.append(sock.recv(65_536).decode())
    return lines


def test_log_does_not_wait_when_the_log_daemon_does_not_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = Log("wg0", "error", Syslog(os.path.relpath(path)))
    log.error("before the log daemon")
    with log_daemon(path) as daemon:
        assert returns(log, *(f"message {n}" for n in range(2_000)))
        written = len(read_all(daemon))
        assert 0 < written < 2_000
        assert returns(log, "back")
        lost, back = read_all(daemon)
        assert lost.endswith(f" pywgd: wg0: {2_000 - written} log messages were lost")
        assert back.startswith("<27>") and back.endswith(" pywgd: wg0: back")
    with log_daemon(path) as daemon:
        assert returns(log, "after a restart")
        assert read_all(daemon)[-1].endswith(" pywgd: wg0: after a restart")
