"""The delay before a daemon starts again."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.daemon.openwrt.restart_backoff import RestartBackoff


def start(folder: Path, times: int = 1) -> list[int]:
    """Record starts of an interface and return their delays."""
    return [RestartBackoff("wg0", str(folder)).record_start() for _ in range(times)]


def test_delay_doubles_with_each_failed_start(tmp_path: Path) -> None:
    assert start(tmp_path, 10) == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert set(start(tmp_path, 100)) == {60}


def test_delay_is_zero_after_a_reset(tmp_path: Path) -> None:
    start(tmp_path, 5)
    RestartBackoff("wg0", str(tmp_path)).reset()
    assert start(tmp_path, 2) == [0, 1]


def test_starts_are_counted_per_interface(tmp_path: Path) -> None:
    start(tmp_path, 5)
    assert RestartBackoff("wg1", str(tmp_path)).record_start() == 0


def test_count_is_zero_when_the_file_is_invalid(tmp_path: Path) -> None:
    for text in ("", "x", "-5"):
        (tmp_path / "wg0.attempts").write_text(text)
        assert start(tmp_path) == [0]


def test_delay_is_zero_when_the_file_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert start(file / "folder", 3) == [0, 0, 0]


def test_reset_succeeds_without_a_start(tmp_path: Path) -> None:
    RestartBackoff("wg0", str(tmp_path)).reset()


@pytest.fixture
def blocked_signals() -> Iterator[tuple[int, ...]]:
    signals = (signal.SIGTERM, signal.SIGINT)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    yield signals
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_start_does_not_count_when_a_signal_ends_the_wait(
    tmp_path: Path, blocked_signals: tuple[int, ...]
) -> None:
    start(tmp_path, 9)
    signal.raise_signal(signal.SIGTERM)
    assert not RestartBackoff("wg0", str(tmp_path)).wait(blocked_signals)
    assert start(tmp_path) == [0]


def test_first_start_is_not_delayed(
    tmp_path: Path, blocked_signals: tuple[int, ...]
) -> None:
    assert RestartBackoff("wg0", str(tmp_path)).wait(blocked_signals)


def test_block_file_exists_until_the_next_start(tmp_path: Path) -> None:
    block = tmp_path / "wg0.blocked"
    start(tmp_path, 3)
    RestartBackoff("wg0", str(tmp_path)).block_until_changed(os.devnull)
    assert block.exists()
    assert start(tmp_path) == [0]
    assert not block.exists()


def test_failure_reason_is_kept_until_a_successful_start(tmp_path: Path) -> None:
    backoff = RestartBackoff("wg0", str(tmp_path))
    start(tmp_path)
    backoff.record_failure("the port is in use")
    start(tmp_path)
    assert backoff.last_failure() == "the port is in use"
    backoff.reset()
    assert backoff.last_failure() == ""


def test_failure_reason_is_not_kept_when_restarts_are_blocked(
    tmp_path: Path,
) -> None:
    backoff = RestartBackoff("wg0", str(tmp_path))
    start(tmp_path)
    backoff.block_until_changed(os.devnull)
    backoff.record_failure("invalid value")
    assert backoff.last_failure() == ""
