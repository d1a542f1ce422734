"""The clock for stamps: that it rises whatever the wall clock and the flash do."""

from pathlib import Path

import pytest

from pywg_embedded.core.tai64n import TimestampGenerator
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.timestamp_store import LOOK_AHEAD, YEAR_2200, TimestampStore

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
YEAR = 365 * 24 * HOUR
TODAY = 1_800_000_000 * SECOND


class Router:
    """A machine that can be booted again, with a clock that can be set."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wall = TODAY
        self.boottime = 0
        self.stamps = self.boot()

    def boot(self) -> TimestampStore:
        self.boottime = 0
        log = Log("wg0", "error")
        self.stamps = TimestampStore(
            str(self.path), lambda: self.wall, lambda: self.boottime, log
        )
        return self.stamps

    def passes(self, nanoseconds: int) -> None:
        self.wall += nanoseconds
        self.boottime += nanoseconds // 1_000_000


@pytest.fixture
def router(tmp_path: Path) -> Router:
    return Router(tmp_path / "pywg" / "wg0.stamp")


def test_a_first_start_follows_the_wall_clock(router: Router) -> None:
    assert router.stamps() == TODAY
    router.passes(HOUR)
    assert router.stamps() == TODAY + HOUR


def test_a_reboot_ten_years_back_stamps_later_than_before(router: Router) -> None:
    before = router.stamps()
    router.wall -= 10 * YEAR
    router.boot()
    assert router.stamps() > before
    assert router.stamps() <= before + LOOK_AHEAD + HOUR


def test_time_goes_on_while_the_wall_clock_lags_behind(router: Router) -> None:
    router.stamps()
    router.wall -= 10 * YEAR
    router.boot()
    before = router.stamps()
    router.passes(HOUR)
    assert router.stamps() == before + HOUR


def test_stamps_of_a_peer_rise_over_many_reboots(router: Router) -> None:
    previous = 0
    for boot in range(50):
        router.wall = TODAY if boot % 3 else TODAY - boot * YEAR // 10
        peer = TimestampGenerator(router.boot())
        for handshake in range(40):
            stamp = peer.after(0 if handshake == 0 else previous)
            assert stamp > previous, f"boot {boot}, handshake {handshake}"
            previous = stamp


def test_flash_is_written_once_in_six_hours(router: Router) -> None:
    written = set()
    for _ in range(24 * 60):
        router.passes(60 * SECOND)
        router.stamps()
        written.add(router.path.read_text())
    assert len(written) == 4


def test_nothing_is_written_before_the_first_stamp(router: Router) -> None:
    assert not router.path.exists()


def test_a_clock_from_the_future_leaves_stamps_that_still_rise(router: Router) -> None:
    router.wall = TODAY + 60 * YEAR
    before = router.stamps()
    router.wall = TODAY
    router.boot()
    first = router.stamps()
    router.passes(HOUR)
    assert before < first < router.stamps()


def test_a_peer_that_is_added_again_after_a_clock_was_set_back_is_heard(
    router: Router,
) -> None:
    stamps = TimestampGenerator(router.stamps)
    router.wall = TODAY + 60 * YEAR
    previous = stamps.after(0)
    router.wall = TODAY
    for _ in range(30):
        router.passes(120 * SECOND)
        previous = stamps.after(previous)
    router.passes(SECOND)
    assert stamps.after(0) > previous


def test_a_clock_that_cannot_be_right_is_not_followed(router: Router) -> None:
    before = router.stamps()
    router.wall = 2**62
    router.boot()
    assert before < router.stamps() < YEAR_2200


NO_TIME = ("", "soon\n", "-1\n", "9" * 30 + "\n", "1e9\n")


@pytest.mark.parametrize("row", range(len(NO_TIME)))
def test_a_file_that_holds_no_time_is_named_and_replaced(
    router: Router, row: int, capsys: pytest.CaptureFixture[str]
) -> None:
    router.path.parent.mkdir()
    router.path.write_text(NO_TIME[row])
    assert router.boot()() == TODAY
    assert str(router.path) in capsys.readouterr().err
    assert int(router.path.read_text()) * SECOND >= TODAY


def test_a_folder_that_cannot_be_made_is_said_once_and_stops_nothing(
    router: Router, capsys: pytest.CaptureFixture[str]
) -> None:
    router.path.parent.write_text("a file")
    capsys.readouterr()
    router.boot()
    first = router.stamps()
    router.passes(HOUR)
    assert router.stamps() == first + HOUR
    said = capsys.readouterr().err
    assert said.count("cannot write") == 1
    assert "until the clock is set" in said
