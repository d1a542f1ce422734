"""Who hears what."""

import io
import sys

import pytest

from pywg_embedded.daemon.log import LEVELS, Log

# Level, what is written.
SAID = {
    "silent": "",
    "error": "wg0: broken\n",
    "verbose": "wg0: broken\nwg0: up\n",
    "debug": "wg0: broken\nwg0: up\n",
}


def test_every_level_is_covered() -> None:
    assert SAID.keys() == LEVELS.keys()


@pytest.mark.parametrize("level", SAID)
def test_levels(level: str, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log("wg0", level)
    log.error("broken")
    log.verbose("up")
    assert capsys.readouterr().err == SAID[level]


class Full(io.TextIOBase):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_log_that_nobody_takes_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    Log("wg0", "error").error("broken")
