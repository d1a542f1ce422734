"""How long to wait before starting once more."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.daemon.openwrt.restart_backoff import RestartBackoff


def begin(folder: Path, times: int = 1) -> list[int]:
    """The delays of starts of which none ended well."""
    return [RestartBackoff("wg0", str(folder)).record_start() for _ in range(times)]


def test_who_is_started_again_and_again_waits_longer_and_longer(tmp_path: Path) -> None:
    assert begin(tmp_path, 10) == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert set(begin(tmp_path, 100)) == {60}


def test_who_was_told_to_end_is_not_held_up(tmp_path: Path) -> None:
    begin(tmp_path, 5)
    RestartBackoff("wg0", str(tmp_path)).reset()
    assert begin(tmp_path, 2) == [0, 1]


def test_each_interface_is_counted_by_itself(tmp_path: Path) -> None:
    begin(tmp_path, 5)
    assert RestartBackoff("wg1", str(tmp_path)).record_start() == 0


def test_what_cannot_be_read_counts_nothing(tmp_path: Path) -> None:
    for text in ("", "x", "-5"):
        (tmp_path / "wg0.attempts").write_text(text)
        assert begin(tmp_path) == [0]


def test_where_nothing_can_be_written_nobody_waits(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    assert begin(nowhere / "folder", 3) == [0, 0, 0]


def test_success_without_a_start_is_no_error(tmp_path: Path) -> None:
    RestartBackoff("wg0", str(tmp_path)).reset()


@pytest.fixture
def blocked_signals() -> Iterator[tuple[int, ...]]:
    signals = (signal.SIGTERM, signal.SIGINT)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    yield signals
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_who_is_told_to_end_while_waiting_has_not_failed(
    tmp_path: Path, blocked_signals: tuple[int, ...]
) -> None:
    begin(tmp_path, 9)
    signal.raise_signal(signal.SIGTERM)
    assert not RestartBackoff("wg0", str(tmp_path)).wait(blocked_signals)
    assert begin(tmp_path) == [0]


def test_the_first_start_waits_for_nothing(
    tmp_path: Path, blocked_signals: tuple[int, ...]
) -> None:
    assert RestartBackoff("wg0", str(tmp_path)).wait(blocked_signals)


def test_whoever_is_blocked_says_so_until_the_next_start(tmp_path: Path) -> None:
    mark = tmp_path / "wg0.blocked"
    begin(tmp_path, 3)
    RestartBackoff("wg0", str(tmp_path)).block_until_changed(os.devnull)
    assert mark.exists()
    assert begin(tmp_path) == [0]
    assert not mark.exists()


def test_why_it_was_in_vain_is_passed_on_until_it_was_not(tmp_path: Path) -> None:
    backoff = RestartBackoff("wg0", str(tmp_path))
    begin(tmp_path)
    backoff.record_failure("the port is in use")
    begin(tmp_path)
    assert backoff.last_failure() == "the port is in use"
    backoff.reset()
    assert backoff.last_failure() == ""


def test_why_it_was_in_vain_is_not_passed_on_once_that_has_changed(
    tmp_path: Path,
) -> None:
    backoff = RestartBackoff("wg0", str(tmp_path))
    begin(tmp_path)
    backoff.block_until_changed(os.devnull)
    backoff.record_failure("a wrong value")
    assert backoff.last_failure() == ""
