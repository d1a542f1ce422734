"""The timestamps of a daemon, whatever clock, flash and processes do.

The tests with peers that refuse old timestamps are in tests/simulation/test_clock.py.
"""

import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pywg_embedded import files
from pywg_embedded.daemon.timestamps import (
    FOLLOWING_BOUND,
    STEPPING_BOUND,
    YEAR_2200,
)
from tests.simulation.machine import (
    DAY,
    HOUR,
    IMAGE_BUILT,
    MINUTE,
    RELEASED,
    SECOND,
    TODAY,
    YEAR,
    YEAR_2040,
    Machine,
)

STEP = 2**24
MakeMachine = Callable[..., Machine]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeMachine:
    """Return a function that creates a machine, whose writes are counted."""

    def make_machine(**options: bool) -> Machine:
        machine = Machine(tmp_path / "pywg" / "wg0.stamp", **options)
        replace = files.replace

        def counted(path: str, temporary: str, content: bytes) -> None:
            machine.count_write()
            replace(path, temporary, content)

        monkeypatch.setattr(files, "replace", counted)
        return machine

    return make_machine


@pytest.fixture
def machine(make: MakeMachine) -> Machine:
    return make()


def is_near(time: int, expected: int) -> bool:
    """Return whether a timestamp is a time, rounded down, or a few steps later."""
    return -STEP < time - expected < 4 * STEP


# The first timestamp: the first table of the module.

CRASHED, ENDED, CUT, SHUT_DOWN = "crash", "clean end", "power loss", "shutdown"


def begin_again(machine: Machine, how: str) -> None:
    again = {
        CRASHED: machine.start,
        ENDED: machine.restart,
        CUT: machine.lose_power,
        SHUT_DOWN: machine.reboot,
    }
    again[how]()


@pytest.mark.parametrize("how", [CRASHED, ENDED, CUT, SHUT_DOWN])
@pytest.mark.parametrize("later", [0, SECOND, MINUTE, HOUR, 5 * HOUR])
def test_first_timestamp_is_the_clock_when_it_is_confirmed(
    machine: Machine, how: str, later: int
) -> None:
    machine.ntp()
    before = machine.timestamps.after(0)
    machine.advance(later)
    begin_again(machine, how)
    machine.ntp()
    first = machine.timestamps.after(0)
    assert first > before
    assert is_near(first, machine.right_time)


# How the last run ended, whether the clock is wrong, the first timestamp less the last
# one stored.
UNCONFIRMED = (
    pytest.param(ENDED, 0, id="clean end"),
    pytest.param(SHUT_DOWN, 0, id="shutdown"),
    pytest.param(CRASHED, 11 * SECOND, id="crash in the same boot"),
    pytest.param(CUT, FOLLOWING_BOUND, id="power loss"),
)


@pytest.mark.parametrize(("how", "above"), UNCONFIRMED)
def test_first_timestamp_is_above_the_file_when_the_clock_is_wrong(
    machine: Machine, how: str, above: int
) -> None:
    machine.ntp()
    before = machine.timestamps.after(0)
    machine.advance(SECOND)
    begin_again(machine, how)
    machine.set_clock(IMAGE_BUILT)
    first = machine.timestamps.after(0)
    assert first > before
    assert is_near(first, before + above)


def test_first_timestamp_is_above_the_file_when_it_is_ahead_of_a_confirmed_clock(
    machine: Machine,
) -> None:
    machine.timestamps.after(0)
    machine.lose_power()
    ahead = machine.timestamps.after(0)
    machine.ntp()
    for how in (ENDED, CRASHED, CUT):
        begin_again(machine, how)
        machine.ntp()
        first = machine.timestamps.after(0)
        assert first > ahead, how
        ahead = first
    assert machine.ahead() < FOLLOWING_BOUND + 2 * STEPPING_BOUND


def test_first_timestamp_is_above_all_when_the_clock_was_ahead_before_a_crash(
    machine: Machine,
) -> None:
    machine.timestamps.after(0)
    machine.set_clock(TODAY + 2 * HOUR)
    last = machine.timestamps.after(0)
    machine.set_clock(TODAY)
    machine.advance(SECOND)
    assert machine.start().after(0) > last


def test_first_timestamp_is_above_all_after_a_power_loss_that_follows_restarts(
    machine: Machine,
) -> None:
    machine.timestamps.after(0)
    for _ in range(5):
        machine.advance(MINUTE)
        machine.restart()
        last = machine.timestamps.after(0)
    machine.lose_power()
    machine.set_clock(IMAGE_BUILT)
    assert machine.timestamps.after(0) > last


def test_first_timestamp_is_above_the_bound_when_the_boot_has_no_identifier(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "boot_id", lambda: "")
    last = machine.start().after(0)
    machine.set_clock(IMAGE_BUILT)
    assert is_near(machine.start().after(0), last + FOLLOWING_BOUND)


BROKEN = (
    pytest.param(b"", id="empty"),
    pytest.param(bytes(64), id="zeros"),
    pytest.param(b"soon\n", id="text"),
    pytest.param(b"1800000000\n", id="a number alone"),
    pytest.param(b"\xff" * 400, id="erased flash"),
)


@pytest.mark.parametrize("content", BROKEN)
def test_damaged_file_is_logged_and_replaced(machine: Machine, content: bytes) -> None:
    machine.path.parent.mkdir()
    machine.path.write_bytes(content)
    machine.ntp()
    assert is_near(machine.start().after(0), TODAY)
    assert f"ignoring {machine.path}" in machine.logged[0]
    assert is_near(machine.stored().used, TODAY)


def test_every_damaged_byte_is_noticed(machine: Machine) -> None:
    machine.timestamps.after(0)
    content = machine.path.read_bytes()
    for position in range(len(content)):
        for damaged in (
            content[:position],
            content[:position] + b"9" + content[position + 1 :],
        ):
            if damaged.rstrip(b"\n") == content.rstrip(b"\n"):
                continue
            machine.logged.clear()
            machine.path.write_bytes(damaged)
            machine.start()
            assert machine.logged, damaged


def test_file_is_not_written_before_the_first_timestamp(machine: Machine) -> None:
    machine.restart()
    assert not machine.path.exists()


def test_file_is_not_written_again_when_no_timestamp_was_sent(machine: Machine) -> None:
    machine.timestamps.after(0)
    machine.restart()
    written = len(machine.writes)
    for _ in range(5):
        machine.advance(HOUR)
        machine.restart()
    assert len(machine.writes) == written


def test_error_is_logged_once_when_the_folder_cannot_be_created(
    machine: Machine,
) -> None:
    machine.path.parent.write_text("a file")
    timestamp = 0
    for _ in range(60):
        machine.advance(2 * MINUTE)
        timestamp = machine.timestamps.after(timestamp)
    assert is_near(timestamp, machine.right_time)
    errors = [line for line in machine.logged if "cannot write" in line]
    assert len(errors) == 1
    assert "until the clock is set" in errors[0]


@pytest.fixture
def full_flash(machine: Machine) -> Iterator[Machine]:
    """A machine with a session, whose flash has become full."""
    folder = machine.path.parent
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "nr_inodes=4", "none", str(folder)], check=True
    )
    try:
        machine.timestamps.after(0)
        for n in range(2):
            (folder / str(n)).touch()
        yield machine
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("how", [CRASHED, ENDED])
def test_timestamps_increase_over_restarts_when_the_flash_is_full(
    full_flash: Machine, how: str
) -> None:
    machine, last = full_flash, 0
    content = machine.path.read_bytes()
    for _ in range(20):
        machine.advance(HOUR)
        last = machine.timestamps.after(last)
        machine.logged.clear()
        begin_again(machine, how)
        first = machine.timestamps.after(0)
        assert first > last
        last = first
    assert any("No space left on device" in line for line in machine.logged)
    assert machine.path.read_bytes() == content
    assert [file.name for file in machine.path.parent.glob("*.new")] == []


# Restarts never add up.


@pytest.mark.parametrize("confirmed", [True, False], ids=["NTP", "no NTP"])
@pytest.mark.parametrize("how", [CRASHED, ENDED])
def test_restarts_cost_nothing_when_the_clock_is_right(
    machine: Machine, how: str, confirmed: bool
) -> None:
    for _ in range(10):
        machine.synchronized = confirmed
        machine.timestamps.after(0)
        machine.advance(30 * SECOND)
        begin_again(machine, how)
    last = machine.timestamps.after(0)
    # Without NTP, a daemon whose end is not stored continues 10 s ahead.
    allowed = 0 if confirmed else 10 * SECOND
    assert last - machine.right_time <= allowed
    machine.lose_file()
    machine.advance(allowed + SECOND)
    assert machine.start().after(0) > last


def test_power_losses_do_not_add_up_when_ntp_sets_the_clock_later(
    machine: Machine,
) -> None:
    machine.ntp()
    machine.timestamps.after(0)
    for _ in range(20):
        machine.advance(HOUR)
        machine.lose_power()
        machine.timestamps.after(0)
        machine.advance(MINUTE)
        machine.ntp()
        machine.timestamps.after(0)
        assert machine.ahead() < FOLLOWING_BOUND + STEPPING_BOUND


def test_clock_catches_up_when_timestamps_are_ahead(machine: Machine) -> None:
    machine.ntp()
    machine.timestamps.after(0)
    machine.lose_power()
    machine.timestamps.after(0)
    machine.ntp()
    last = 0
    for _ in range(9 * 30):
        machine.advance(2 * MINUTE)
        last = machine.timestamps.after(last)
    assert is_near(last, machine.right_time)


# The clock within a run: the second table of the module.


def test_timestamps_follow_the_clock_when_ntp_sets_it(machine: Machine) -> None:
    machine.set_clock(IMAGE_BUILT)
    machine.start()
    assert is_near(machine.timestamps.after(0), IMAGE_BUILT)
    machine.ntp()
    assert is_near(machine.timestamps.after(0), machine.right_time)


@pytest.mark.parametrize("back", [SECOND, HOUR, 10 * YEAR], ids=["1 s", "1 h", "10 y"])
def test_timestamps_increase_when_the_clock_is_set_back(
    machine: Machine, back: int
) -> None:
    last = machine.timestamps.after(0)
    machine.set_clock(machine.right_time - back)
    for _ in range(100):
        machine.advance(SECOND)
        previous, last = last, machine.timestamps.after(last)
        assert last > previous


# How far the clock is set ahead by hand, whether it is believed.
JUMPS = (
    pytest.param(HOUR, True, id="1 h"),
    pytest.param(DAY - MINUTE, True, id="a day"),
    pytest.param(DAY + MINUTE, False, id="more than a day"),
    pytest.param(YEAR_2040 - TODAY, False, id="2040"),
    pytest.param(300 * YEAR - TODAY, False, id="beyond 2200"),
)


@pytest.mark.parametrize(("jump", "believed"), JUMPS)
@pytest.mark.parametrize("restart", [False, True], ids=["same run", "next run"])
def test_clock_far_ahead_is_not_believed_until_ntp_confirms_it(
    machine: Machine, jump: int, believed: bool, restart: bool
) -> None:
    last = machine.timestamps.after(0)
    machine.set_clock(TODAY + jump)
    if restart:
        machine.restart()
    assert (machine.timestamps.after(last) > TODAY + HOUR // 2) == believed
    warnings = [line for line in machine.logged if "ignoring the clock" in line]
    assert bool(warnings) != believed
    machine.synchronized = True
    confirmed = machine.timestamps.after(0)
    assert is_near(confirmed, TODAY + jump) == (TODAY + jump < YEAR_2200)


def test_a_clock_that_is_ignored_is_logged_once(machine: Machine) -> None:
    last = machine.timestamps.after(0)
    machine.set_clock(YEAR_2040)
    for _ in range(10):
        machine.advance(MINUTE)
        last = machine.timestamps.after(last)
        machine.timestamps.tick()
    assert sum("ignoring the clock, which shows 2040" in s for s in machine.logged) == 1


# A first start without a file: the time shown, whether it is believed.
FIRST_READINGS = (
    pytest.param(0, True, id="1970"),
    pytest.param(IMAGE_BUILT, True, id="image"),
    pytest.param(TODAY, True, id="right"),
    pytest.param(RELEASED + 9 * YEAR, True, id="9 years after the release"),
    pytest.param(YEAR_2040, False, id="2040"),
)


@pytest.mark.parametrize(("shown", "believed"), FIRST_READINGS)
def test_first_clock_is_believed_up_to_ten_years_after_the_release(
    machine: Machine, shown: int, believed: bool
) -> None:
    machine.set_clock(shown)
    machine.start()
    assert is_near(machine.timestamps.after(0), shown) == believed
    machine.ntp()
    assert machine.timestamps.after(0) >= TODAY - STEP


def test_clock_set_by_hand_is_believed_when_it_was_never_set_before(
    machine: Machine,
) -> None:
    machine.set_clock(0)
    machine.start().after(0)
    machine.set_clock(TODAY)
    assert is_near(machine.timestamps.after(0), TODAY)


def test_clock_set_by_hand_is_believed_when_the_hardware_clock_was_wrong(
    make: MakeMachine,
) -> None:
    machine = make(has_hardware_clock=True)
    machine.timestamps.after(0)
    machine.hardware_error = -TODAY
    machine.lose_power(HOUR)
    machine.timestamps.after(0)
    machine.set_clock(machine.right_time)
    machine.advance(9 * HOUR)
    assert is_near(machine.timestamps.after(0), machine.right_time)


def test_clock_set_forward_by_hand_is_believed_when_it_was_set_back_before(
    machine: Machine,
) -> None:
    last = machine.timestamps.after(0)
    machine.set_clock(TODAY - YEAR // 2)
    last = machine.timestamps.after(last)
    machine.set_clock(TODAY)
    machine.advance(HOUR)
    assert is_near(machine.timestamps.after(last), machine.right_time)


def test_clock_is_confirmed_by_the_record_of_the_hotplug_script(
    machine: Machine,
) -> None:
    machine.timestamps.after(0)
    machine.set_clock(TODAY + YEAR)
    machine.recorded = machine.wall() - machine.boottime() * 1_000_000 - SECOND
    assert is_near(machine.timestamps.after(0), TODAY + YEAR)
    machine.set_clock(YEAR_2040)
    assert machine.timestamps.after(0) < TODAY + 2 * YEAR


def test_ntp_is_not_queried_while_the_clock_stays_confirmed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.ntp()
    machine.timestamps.after(0)
    monkeypatch.setattr(machine, "is_synchronized", lambda: pytest.fail("queried"))
    machine.advance(HOUR)
    machine.timestamps.after(0)
    assert not machine.timestamps.tick()


def test_clock_stays_confirmed_when_ntp_is_lost(machine: Machine) -> None:
    machine.ntp()
    machine.timestamps.after(0)
    machine.synchronized = False
    machine.advance(30 * DAY)
    assert is_near(machine.timestamps.after(0), machine.right_time)
    assert not machine.timestamps.tick()


# Whether the hardware clock is believed: its error, the time off.
HARDWARE_CLOCKS = (
    pytest.param(0, MINUTE, True, id="right"),
    pytest.param(0, YEAR, True, id="a year off"),
    pytest.param(-HOUR, MINUTE, False, id="behind the file"),
    pytest.param(-TODAY, MINUTE, False, id="battery empty"),
    pytest.param(YEAR_2040 - TODAY, MINUTE, False, id="2040"),
)


@pytest.mark.parametrize(("error", "off", "believed"), HARDWARE_CLOCKS)
def test_hardware_clock_is_believed_when_it_is_plausible(
    make: MakeMachine, error: int, off: int, believed: bool
) -> None:
    machine = make(has_hardware_clock=True)
    last = machine.timestamps.after(0)
    machine.hardware_error = error
    machine.lose_power(off)
    first = machine.timestamps.after(0)
    assert first > last
    assert is_near(first, machine.right_time) == believed


def test_clock_is_not_confirmed_by_a_hardware_clock_that_differs(
    make: MakeMachine,
) -> None:
    machine = make(has_hardware_clock=True)
    machine.timestamps.after(0)
    machine.advance(HOUR)
    last = machine.timestamps.after(0)
    machine.lose_power()
    machine.hardware_error = -YEAR
    machine.set_clock(TODAY + MINUTE)
    assert machine.start().after(0) > last


def test_clock_set_by_hand_is_not_confirmed_by_the_hardware_clock(
    make: MakeMachine,
) -> None:
    machine = make(has_hardware_clock=True)
    machine.timestamps.after(0)
    machine.set_clock(YEAR_2040)
    machine.hardware_error = machine.error
    assert machine.timestamps.after(0) < TODAY + DAY
    assert machine.restart().after(0) < TODAY + DAY


def test_tick_reports_once_that_the_clock_has_become_right(machine: Machine) -> None:
    machine.set_clock(IMAGE_BUILT)
    machine.start()
    assert not machine.timestamps.tick()
    machine.ntp()
    assert machine.timestamps.tick()
    assert not machine.timestamps.tick()


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "clock stands still"])
def test_timestamps_increase_when_initiations_are_faster_than_their_resolution(
    machine: Machine, wrong: bool
) -> None:
    last = 0
    for n in range(1_000):
        machine.advance(0 if wrong else SECOND // 1_000)
        previous, last = last, machine.timestamps.after(last)
        assert last > previous, n
    assert machine.restart().after(0) > last


# The flash.


def most_in_a_day(writes: list[int]) -> int:
    """Return the greatest number of writes in any 24 hours."""
    return max(
        sum(first <= write < first + DAY for write in writes) for first in writes
    )


def crash_loop(machine: Machine, chance: random.Random) -> None:
    machine.advance(10 * SECOND)
    machine.start()


def restart_loop(machine: Machine, chance: random.Random) -> None:
    machine.advance(MINUTE)
    machine.restart()


def power_loss_loop(machine: Machine, chance: random.Random) -> None:
    machine.advance(5 * MINUTE)
    machine.lose_power()


def power_loss_loop_with_ntp(machine: Machine, chance: random.Random) -> None:
    machine.advance(5 * MINUTE)
    machine.lose_power()
    machine.timestamps.after(0)
    machine.ntp()


def clock_set_to_and_fro(machine: Machine, chance: random.Random) -> None:
    machine.advance(MINUTE)
    machine.error += chance.choice((-HOUR, HOUR, 2 * HOUR))


def quiet_day(machine: Machine, chance: random.Random) -> None:
    machine.advance(2 * MINUTE)
    machine.synchronized = True


def anything(machine: Machine, chance: random.Random) -> None:
    machine.advance(chance.choice((SECOND, MINUTE, 10 * MINUTE, HOUR)))
    happens: list[Callable[[], object]] = [
        machine.start,
        machine.restart,
        machine.lose_power,
        machine.reboot,
        machine.ntp,
        lambda: machine.set_clock(machine.right_time + chance.choice((-DAY, HOUR))),
        lambda: None,
    ]
    chance.choice(happens)()


# What happens again and again, whether all timestamps increase.
PATTERNS = (
    pytest.param(crash_loop, True, id="crash loop"),
    pytest.param(restart_loop, True, id="restart loop"),
    pytest.param(power_loss_loop, False, id="power loss loop"),
    pytest.param(power_loss_loop_with_ntp, False, id="power loss loop with NTP"),
    pytest.param(clock_set_to_and_fro, True, id="clock set to and fro"),
    pytest.param(quiet_day, True, id="quiet day"),
    *(pytest.param(anything, False, id=f"random {seed}") for seed in range(20)),
)


@pytest.mark.parametrize("confirmed", [True, False], ids=["NTP", "no NTP"])
@pytest.mark.parametrize(("happens", "increases"), PATTERNS)
def test_flash_is_written_at_most_8_times_a_day(
    machine: Machine,
    happens: Callable[[Machine, random.Random], None],
    increases: bool,
    confirmed: bool,
    request: pytest.FixtureRequest,
) -> None:
    chance = random.Random(request.node.name)
    if confirmed:
        machine.ntp()
    last = 0
    while machine.right_time < TODAY + 2 * DAY:
        happens(machine, chance)
        timestamp = machine.timestamps.after(0)
        assert timestamp >= last or not increases
        last = timestamp
    assert most_in_a_day(machine.writes) <= 8


def test_write_budget_does_not_grow_without_limit(machine: Machine) -> None:
    machine.timestamps.after(0)
    machine.advance(30 * DAY)
    for _ in range(DAY // MINUTE):
        restart_loop(machine, random.Random(0))
        machine.timestamps.after(0)
    assert most_in_a_day(machine.writes) <= 8


def test_flash_is_written_three_times_a_day_when_nothing_happens(
    machine: Machine,
) -> None:
    last = 0
    for _ in range(3 * 720):
        machine.advance(2 * MINUTE)
        last = machine.timestamps.after(last)
    assert len(machine.writes) == 3 * 3
