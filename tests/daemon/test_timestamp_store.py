"""The timestamp store: its time increases whatever wall clock and flash do."""

from pathlib import Path

import pytest

from pywg_embedded.core.tai64n import TimestampGenerator
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.timestamp_store import LOOK_AHEAD, YEAR_2200, TimestampStore

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
YEAR = 365 * 24 * HOUR
TODAY = 1_800_000_000 * SECOND


class Machine:
    """A machine that can be rebooted, with a wall clock that can be set."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wall = TODAY
        self.boottime = 0
        self.clock = self.boot()

    def boot(self) -> TimestampStore:
        self.boottime = 0
        log = Log("wg0", "warning")
        self.clock = TimestampStore(
            str(self.path), lambda: self.wall, lambda: self.boottime, log
        )
        return self.clock

    def advance(self, nanoseconds: int) -> None:
        self.wall += nanoseconds
        self.boottime += nanoseconds // 1_000_000


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "pywg" / "wg0.stamp")


def test_first_start_uses_the_wall_clock(machine: Machine) -> None:
    assert machine.clock() == TODAY
    machine.advance(HOUR)
    assert machine.clock() == TODAY + HOUR


def test_timestamp_increases_when_a_reboot_sets_the_clock_back(
    machine: Machine,
) -> None:
    before = machine.clock()
    machine.wall -= 10 * YEAR
    machine.boot()
    assert machine.clock() > before
    assert machine.clock() <= before + LOOK_AHEAD + HOUR


def test_time_advances_when_the_wall_clock_lags(machine: Machine) -> None:
    machine.clock()
    machine.wall -= 10 * YEAR
    machine.boot()
    before = machine.clock()
    machine.advance(HOUR)
    assert machine.clock() == before + HOUR


def test_timestamps_of_a_peer_increase_over_many_reboots(machine: Machine) -> None:
    previous = 0
    for boot in range(50):
        machine.wall = TODAY if boot % 3 else TODAY - boot * YEAR // 10
        generator = TimestampGenerator(machine.boot())
        for handshake in range(40):
            timestamp = generator.after(0 if handshake == 0 else previous)
            assert timestamp > previous, f"boot {boot}, handshake {handshake}"
            previous = timestamp


def test_file_is_written_once_in_six_hours(machine: Machine) -> None:
    written = set()
    for _ in range(24 * 60):
        machine.advance(60 * SECOND)
        machine.clock()
        written.add(machine.path.read_text())
    assert len(written) == 4


def test_file_is_not_written_before_the_first_timestamp(machine: Machine) -> None:
    assert not machine.path.exists()


def test_timestamps_increase_when_the_clock_was_in_the_future(machine: Machine) -> None:
    machine.wall = TODAY + 60 * YEAR
    before = machine.clock()
    machine.wall = TODAY
    machine.boot()
    first = machine.clock()
    machine.advance(HOUR)
    assert before < first < machine.clock()


def test_timestamp_increases_when_a_peer_is_added_again_after_a_clock_step(
    machine: Machine,
) -> None:
    generator = TimestampGenerator(machine.clock)
    machine.wall = TODAY + 60 * YEAR
    previous = generator.after(0)
    machine.wall = TODAY
    for _ in range(30):
        machine.advance(120 * SECOND)
        previous = generator.after(previous)
    machine.advance(SECOND)
    assert generator.after(0) > previous


def test_wall_clock_is_ignored_when_it_is_beyond_2200(machine: Machine) -> None:
    before = machine.clock()
    machine.wall = 2**62
    machine.boot()
    assert before < machine.clock() < YEAR_2200


@pytest.mark.parametrize("content", ["", "soon\n", "-1\n", "9" * 30 + "\n", "1e9\n"])
def test_invalid_file_is_logged_and_replaced(
    machine: Machine, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.path.parent.mkdir()
    machine.path.write_text(content)
    assert machine.boot()() == TODAY
    assert str(machine.path) in capsys.readouterr().err
    assert int(machine.path.read_text()) * SECOND >= TODAY


def test_error_is_logged_once_when_the_folder_cannot_be_created(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.path.parent.write_text("a file")
    capsys.readouterr()
    machine.boot()
    first = machine.clock()
    machine.advance(HOUR)
    assert machine.clock() == first + HOUR
    logged = capsys.readouterr().err
    assert logged.count("cannot write") == 1
    assert "until the clock is set" in logged
