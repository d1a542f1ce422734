"""Log levels and sinks."""

import io
import sys
import syslog

import pytest

from pywg_embedded.daemon.log import DEFAULT_LEVEL, LEVELS, Log

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
