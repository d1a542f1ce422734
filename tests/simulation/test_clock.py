"""A router whose clock is wrong or set, and a peer that rejects old timestamps."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pywg_embedded.core.tai64n import TimestampGenerator
from pywg_embedded.daemon.timestamps import FOLLOWING_BOUND

from .machine import DAY, HOUR, IMAGE_BUILT, MINUTE, SECOND, YEAR, YEAR_2040, Machine
from .network import MILLISECOND, START, Link, Node, Simulation

# Milliseconds. Initiation and response: twice across the link.
ONE_HANDSHAKE = 2 * 5
# A peer ignores an initiation that follows the last one within 20 ms.
BETWEEN_INITIATIONS = 50 * MILLISECOND
# Retries, up to the end of the attempts.
PATIENCE = 100_000


class World:
    """A router and its peer; the time of the simulation is that of the machine."""

    def __init__(self, path: Path, has_hardware_clock: bool = False) -> None:
        self.machine = Machine(path, has_hardware_clock)
        self.link = Link()
        self.simulation = Simulation()
        self._begin = self.machine.right_time
        self.peer = Node(self.simulation, 2, self.link)
        self.router = Node(self.simulation, 1, self.link)
        self.private = self.router.private
        self.peer.add_peer(self.router)
        self.use(self.machine.timestamps)

    def use(self, timestamps: TimestampGenerator) -> None:
        """Begin a run of the daemon, or of the kernel, with these timestamps."""
        self.router = Node(self.simulation, 1, self.link, self.private, timestamps)
        self.router.add_peer(self.peer)

    def advance(self, nanoseconds: int) -> None:
        """Let time pass, without any packet."""
        self.machine.advance(nanoseconds)
        passed = (self.machine.right_time - self._begin) // MILLISECOND
        self.simulation.run_until(START + passed)

    def handshake(self) -> int | None:
        """Return how many ms a handshake takes, or None if it is never complete."""
        self.advance(BETWEEN_INITIATIONS)
        begin = self.simulation.now
        (peer,) = self.router.device.peers
        self.router.rekey()
        for _ in range(0, PATIENCE, 5):
            self.advance(5 * MILLISECOND)
            if peer.last_handshake_at > begin:
                return self.simulation.now - begin
        return None

    # What happens to the router.

    def crash(self) -> None:
        self.use(self.machine.start())

    def restart(self) -> None:
        self.use(self.machine.restart())

    def lose_power(self, off: int = 0) -> None:
        self.use(self.machine.lose_power(off))
        self.advance(0)

    def reboot(self, off: int = 0) -> None:
        self.use(self.machine.reboot(off))
        self.advance(0)

    def migrate_back(self) -> None:
        """Move the interface to the kernel, whose timestamps are the wall clock."""
        self.machine.timestamps.save()
        self.use(TimestampGenerator(self.machine.wall))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "wg0.stamp")


@pytest.fixture
def world_with_hardware_clock(tmp_path: Path) -> World:
    return World(tmp_path / "wg0.stamp", has_hardware_clock=True)


def work(world: World, time: int = 3 * DAY) -> None:
    """Work for some days with the clock set by NTP."""
    world.machine.ntp()
    assert world.handshake() == ONE_HANDSHAKE
    for _ in range(time // HOUR):
        world.advance(HOUR)
        assert world.handshake() == ONE_HANDSHAKE


# The clock is right.


def ten_restarts_then_a_lost_file(world: World) -> None:
    for _ in range(10):
        world.restart()
        world.machine.synchronized = True
        assert world.handshake() == ONE_HANDSHAKE
    world.machine.lose_file()
    world.crash()


def ten_crashes_then_a_lost_file(world: World) -> None:
    for _ in range(10):
        world.crash()
        assert world.handshake() == ONE_HANDSHAKE
    world.machine.lose_file()
    world.crash()


def ten_reboots_then_a_lost_file(world: World) -> None:
    for _ in range(10):
        world.reboot()
        world.machine.ntp()
        assert world.handshake() == ONE_HANDSHAKE
    world.machine.lose_file()
    world.crash()


def a_damaged_file(world: World) -> None:
    world.machine.path.write_bytes(b"\xff" * 90)
    world.crash()


def a_restored_backup(world: World) -> None:
    backup = world.machine.path.read_bytes()
    work(world)
    world.reboot()
    world.machine.path.write_bytes(backup)
    world.machine.ntp()
    world.crash()


def a_backup_of_the_future(world: World) -> None:
    world.machine.error = 20 * HOUR
    world.machine.synchronized = False
    world.crash()
    world.machine.timestamps.after(0)  # to a peer that is gone
    world.restart()
    world.machine.ntp()


def migration_to_the_kernel(world: World) -> None:
    world.migrate_back()


def migration_to_the_kernel_and_back(world: World) -> None:
    world.migrate_back()
    for _ in range(72):
        world.advance(HOUR)
        assert world.handshake() == ONE_HANDSHAKE
    world.crash()


def a_reinstallation(world: World) -> None:
    world.machine.timestamps.save()
    world.machine.lose_file()
    world.lose_power(HOUR)
    world.machine.ntp()


def a_clock_set_back(world: World) -> None:
    world.machine.error = -HOUR
    world.machine.synchronized = False


def a_clock_set_to_2040_by_hand_and_corrected(world: World) -> None:
    world.machine.set_clock(YEAR_2040)
    for _ in range(30):
        world.advance(2 * MINUTE)
        assert world.handshake() == ONE_HANDSHAKE
    world.machine.ntp()
    world.machine.lose_file()
    world.crash()


RIGHT = (
    ten_restarts_then_a_lost_file,
    ten_crashes_then_a_lost_file,
    ten_reboots_then_a_lost_file,
    a_damaged_file,
    a_restored_backup,
    a_backup_of_the_future,
    migration_to_the_kernel,
    migration_to_the_kernel_and_back,
    a_reinstallation,
    a_clock_set_back,
    a_clock_set_to_2040_by_hand_and_corrected,
)


@pytest.mark.parametrize("happens", RIGHT)
def test_router_is_back_within_one_handshake_when_the_clock_is_right(
    world: World, happens: Callable[[World], None]
) -> None:
    work(world)
    happens(world)
    assert world.handshake() == ONE_HANDSHAKE


@pytest.mark.parametrize("off", [0, HOUR, 9 * HOUR, 60 * DAY])
def test_power_loss_costs_one_handshake_with_a_hardware_clock(
    world_with_hardware_clock: World, off: int
) -> None:
    world = world_with_hardware_clock
    work(world)
    world.lose_power(off)
    assert world.handshake() == ONE_HANDSHAKE
    assert world.machine.ahead() <= 0


# The clock is wrong: that of the image, or of the newest file.


@pytest.mark.parametrize("off", [0, HOUR, 9 * HOUR, 60 * DAY])
@pytest.mark.parametrize("cut", [False, True], ids=["shutdown", "power loss"])
def test_boot_without_a_clock_costs_one_handshake_when_the_file_is_there(
    world: World, off: int, cut: bool
) -> None:
    work(world)
    world.lose_power(off) if cut else world.reboot(off)
    assert world.machine.wall() < world.machine.right_time
    assert world.handshake() == ONE_HANDSHAKE
    # Only after a loss of power, and for less than the room that the file has.
    room = FOLLOWING_BOUND + MINUTE if cut else MINUTE
    assert world.machine.ahead() < max(1, room - off)
    for crash in range(5):
        world.crash()
        assert world.handshake() == ONE_HANDSHAKE, crash
    world.machine.ntp()
    for _ in range(12):
        world.advance(HOUR)
        assert world.handshake() == ONE_HANDSHAKE
    world.migrate_back()
    assert world.handshake() == ONE_HANDSHAKE


@pytest.mark.parametrize("shown", [0, IMAGE_BUILT], ids=["1970", "image"])
def test_handshakes_are_rejected_until_ntp_when_clock_and_file_are_lost(
    world: World, shown: int
) -> None:
    work(world)
    world.machine.lose_file()
    world.lose_power()
    world.machine.set_clock(shown)
    assert world.handshake() is None
    world.machine.ntp()
    # The main loop calls it each second, and repeats the handshakes.
    assert world.machine.timestamps.tick()
    assert world.handshake() == ONE_HANDSHAKE


def test_handshakes_are_rejected_until_ntp_when_clock_and_backup_are_outdated(
    world: World,
) -> None:
    work(world, HOUR)
    backup = world.machine.path.read_bytes()
    work(world, 10 * DAY)
    world.reboot()
    world.machine.path.write_bytes(backup)
    world.crash()
    assert world.handshake() is None
    world.machine.ntp()
    assert world.machine.timestamps.tick()
    assert world.handshake() == ONE_HANDSHAKE


def test_daily_power_losses_never_lock_the_router_out(world: World) -> None:
    work(world, DAY)
    for day in range(20):
        world.lose_power(9 * HOUR)
        assert world.handshake() == ONE_HANDSHAKE, day
        world.advance(MINUTE)
        world.machine.ntp()
        for _ in range(14):
            world.advance(HOUR)
            assert world.handshake() == ONE_HANDSHAKE, day
        assert world.machine.ahead() <= 0


# Within a run, with and without a file.


@pytest.mark.parametrize("has_file", [True, False], ids=["file", "no file"])
@pytest.mark.parametrize("back", [SECOND, HOUR, 10 * YEAR], ids=["1 s", "1 h", "10 y"])
def test_peer_that_is_added_again_answers_when_the_clock_was_set_back(
    world: World, back: int, has_file: bool
) -> None:
    if not has_file:
        world.use(TimestampGenerator(world.machine.wall))
    world.machine.ntp()
    assert world.handshake() == ONE_HANDSHAKE
    world.machine.set_clock(world.machine.right_time - back)
    for _ in range(30):
        world.advance(2 * MINUTE)
        assert world.handshake() == ONE_HANDSHAKE
    world.router.remove_peer(world.peer)
    world.router.add_peer(world.peer)
    assert world.handshake() == ONE_HANDSHAKE
