"""libpywg beside its oracle: a seeded stream of everything that a plane can meet.

After each step both planes must have written the same packets, sent the same
datagrams (bytes, TOS, local address) to the same sockets, raised the same events,
and have the same facts and drops. What may differ, and is not compared or not done:

1. Events of handshake messages stand apart from the others, and their backlog is left
   out: both depend on how many datagrams the kernel has handed over at the time of a
   wait.
2. libpywg stages a packet in slots of 2,024 bytes, the reference as one piece: longer
   packets come only to planes whose staging they cannot fill.
3. The ports differ: there are two planes on one machine.
4. A peer has an endpoint before it has a session, an index belongs to one session, and
   a removed peer has no events left to be taken: the engine sees to that.
5. Few errors of the kernel have a word of their own in libpywg, all have one in the
   reference; of those only EMSGSIZE comes up.

The TUN is a socket: merging and splitting of TCP and UDP inside take a real one.
"""

import os
from collections.abc import Callable, Iterator

import pytest

from pywg_embedded.dataplane import reference
from pywg_embedded.dataplane.limits import Limits
from tests.dataplane.conftest import StoppedPlane
from tests.dataplane.rig import MakePlane, Outside

from .plane_world import PEERS, Step, World
from .planes import HOSTS, OffloadingPlane, Side

STEPS = 2_000
# 50,000 steps, or a million at night.
SEEDS = 500 if os.environ.get("NIGHTLY") else 25


def limits_of(seed: int) -> Limits:
    """Small tables; where large packets come, room for all that may be staged."""
    limits = Limits(len(PEERS), 11)
    limits.staged, limits.staged_a_peer = (6_000, 32) if seed % 2 else (20, 8)
    return limits


@pytest.fixture
def far() -> Iterator[list[Outside]]:
    outsides = [Outside(host) for host in HOSTS]
    yield outsides
    for outside in outsides:
        outside.socket.close()


@pytest.fixture
def make_side(far: list[Outside]) -> Iterator[Callable[[MakePlane, Limits], Side]]:
    sides: list[Side] = []

    def make(make_plane: MakePlane, limits: Limits) -> Side:
        sides.append(Side(make_plane, limits, far))
        return sides[-1]

    yield make
    for side in sides:
        side.rig.close()


def compare(oracle: Side, other: Side, step: Step, where: str) -> None:
    """Do it to both; fails with the first difference."""
    name, *arguments = step
    seen = []
    for side in (oracle, other):
        result = getattr(side, name)(*arguments)
        seen.append({"result": result} | side.outcome())
    assert not seen[0]["bytes counted, but not sent"], where
    for what, expected in seen[0].items():
        assert seen[1][what] == expected, f"{where}: {what} after {step!r:.400}"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_libpywg_does_what_its_oracle_does(
    seed: int, far: list[Outside], make_side: Callable[[MakePlane, Limits], Side]
) -> None:
    limits, with_large = limits_of(seed), bool(seed % 2)
    oracle = make_side(reference.Plane, limits)
    other = make_side(OffloadingPlane if seed % 4 >= 2 else StoppedPlane, limits)
    world = World(seed, with_large, far, oracle.rig.plane.has_index)
    for number, step in zip(range(STEPS), world.steps()):
        compare(oracle, other, step, f"seed {seed}, step {number}")
