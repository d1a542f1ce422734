"""libpywg beside its oracle: a seeded stream of everything that a plane can meet.

After each step both planes must have written the same packets, sent the same
datagrams (bytes, TOS, local address) to the same sockets, raised the same events,
and have the same facts and drops. What may differ, and is not compared or not done:

1. Events of handshake messages stand apart from the others, and their backlog is left
   out: both depend on how many datagrams the kernel has handed over at the time of a
   wait. So does load, unless far too many messages make it, or far too few.
2. libpywg stages a packet in slots of 2,024 bytes, the reference as one piece: longer
   packets come only to planes whose staging they cannot fill.
3. The ports differ: there are two planes on one machine.
4. A peer has an endpoint before it has a session, an index belongs to one session, and
   a removed peer has no events left to be taken: the engine sees to that.
5. Cookie replies are compared opened, for each has a nonce of its own.
6. Few errors of the kernel have a word of their own in libpywg, all have one in the
   reference; of those only EMSGSIZE comes up.
7. A large packet that goes nowhere is refused once by libpywg, and in pieces by the
   reference, whose TUN does not have such: it comes only where somebody takes it.
8. Packets of one burst may change places, those of one flow may not.

The TUN is a socket, or for libpywg with all its offloads a real one with large packets,
of which the reference gets the pieces.
"""

import os
from collections.abc import Callable, Iterator

import pytest

from pywg_embedded.dataplane import reference
from pywg_embedded.dataplane.limits import Limits
from tests.dataplane.conftest import StoppedPlane, TwoThreadedPlane
from tests.dataplane.rig import MakePlane, MakeTun, RemoteSocket
from tests.lab.host import Host

from .offload_tun import tun_with_offloads
from .plane_harness import HOSTS, OffloadingPlane, PlaneHarness, SegmentingPlane
from .plane_steps import PEERS, Step, StepGenerator

# libpywg with ever more that it leaves to the kernel.
PLANES = (StoppedPlane, OffloadingPlane, SegmentingPlane)
STEPS = 2_000
# 50,000 steps, or a million at night.
SEEDS = 500 if os.environ.get("NIGHTLY") else 25


def limits_of(seed: int) -> Limits:
    """Small tables; where large packets come, room for all that may be staged."""
    limits = Limits(len(PEERS), 11)
    limits.staged, limits.staged_a_peer = (6_000, 32) if seed % 2 else (20, 8)
    return limits


@pytest.fixture
def remotes() -> Iterator[list[RemoteSocket]]:
    sockets = [RemoteSocket(host) for host in HOSTS]
    yield sockets
    for remote in sockets:
        remote.socket.close()


@pytest.fixture
def make_harness(remotes: list[RemoteSocket]) -> Iterator[Callable[..., PlaneHarness]]:
    harnesses: list[PlaneHarness] = []

    def make(make_plane: MakePlane, limits: Limits, *make_tun: MakeTun) -> PlaneHarness:
        harnesses.append(PlaneHarness(make_plane, limits, remotes, *make_tun))
        return harnesses[-1]

    yield make
    for harness in harnesses:
        harness.rig.close()


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """Where real TUNs are; its kernel has nothing to say on them."""
    if os.geteuid():
        pytest.skip("a real TUN needs root")
    with Host(f"pywg-{os.getpid():x}-fuzz") as host:
        for which in ("all", "default"):
            host.sysctl(f"net.ipv6.conf.{which}.disable_ipv6", 1)
        yield host


@pytest.fixture
def real_tun(request: pytest.FixtureRequest) -> MakeTun:
    """Made where it is asked for, and only then."""
    return lambda: tun_with_offloads(request.getfixturevalue("host"), "tun0")


class OraclePlane(reference.Plane):
    """Tells what a generator has to know of it."""

    def takes(self, destination: bytes) -> bool:
        """Whether a packet to this address has somewhere to go."""
        peer = self._allowed_ips.lookup(destination)
        return peer is not None and self._peers[peer].facts.endpoint is not None


def compare(oracle: PlaneHarness, tested: PlaneHarness, step: Step, where: str) -> None:
    """Do it to both; fails with the first difference."""
    name, *arguments = step
    seen = []
    for harness in (oracle, tested):
        result = getattr(harness, name)(*arguments)
        seen.append({"result": result} | harness.outcome())
    assert not seen[0]["bytes counted, but not sent"], where
    for aspect, expected in seen[0].items():
        assert seen[1][aspect] == expected, f"{where}: {aspect} after {step!r:.400}"


def agree(
    seed: int, oracle: PlaneHarness, tested: PlaneHarness, remotes: list[RemoteSocket]
) -> None:
    generator = StepGenerator(seed, bool(seed % 2), remotes, oracle.rig.plane)
    for step_count, step in zip(range(STEPS), generator.steps()):
        compare(oracle, tested, step, f"seed {seed}, step {step_count}")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_libpywg_matches_the_reference_plane(
    seed: int,
    remotes: list[RemoteSocket],
    make_harness: Callable[..., PlaneHarness],
    real_tun: MakeTun,
) -> None:
    make_plane = PLANES[seed % len(PLANES)]
    tuns = (real_tun,) if make_plane is SegmentingPlane else ()
    tested = make_harness(make_plane, limits_of(seed), *tuns)
    agree(seed, make_harness(OraclePlane, limits_of(seed)), tested, remotes)


@pytest.mark.parametrize("seed", range(SEEDS // 5))
def test_libpywg_with_two_threads_matches_the_reference_plane(
    seed: int, remotes: list[RemoteSocket], make_harness: Callable[..., PlaneHarness]
) -> None:
    tested = make_harness(TwoThreadedPlane, limits_of(seed))
    agree(seed, make_harness(OraclePlane, limits_of(seed)), tested, remotes)
