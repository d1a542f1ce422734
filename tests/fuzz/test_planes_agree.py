"""libpywg, compared with the reference plane on random steps.

After each step both planes must have written the same packets, sent the same
datagrams (bytes, TOS, source address) to the same sockets, raised the same events,
and have the same facts and drops. What may differ is not compared, or not done:

1. Events of handshake messages are compared separately from others, and without their
   backlog: both depend on how many datagrams the kernel has delivered at the time of a
   wait. The same holds for load, unless a step has far too many or too few messages.
2. libpywg stages a packet in slots of 2,024 bytes, the reference plane in one piece:
   longer packets are used only where they cannot fill the staging of either.
3. The ports differ: both planes are on one machine.
4. A peer has an endpoint before it has a keypair, an index belongs to one keypair, and
   no events of a removed peer are pending: the engine ensures that.
5. Cookie replies are compared decrypted, because each has its own nonce.
6. Of the errors of the kernel, only EMSGSIZE occurs.
7. A large packet without a route is refused once by libpywg, and per segment by the
   reference plane, whose TUN has no large packets: they are sent to known routes only.
8. Packets of different flows in a burst may be reordered, packets of one flow not.

The TUN is a socket; for libpywg with all offloads it is a real one with large packets,
and the reference plane gets their segments.
"""

import os
import struct
from collections.abc import Callable, Iterator

import pytest

from pywg_embedded.dataplane import reference
from pywg_embedded.dataplane.limits import Limits
from pywg_embedded.dataplane.reference import packet
from tests.dataplane.conftest import StoppedPlane, TwoThreadedPlane
from tests.dataplane.packets import ipv4
from tests.dataplane.rig import MakePlane, MakeTun, RemoteSocket
from tests.lab.host import Host

from .offload_tun import tun_with_offloads
from .plane_harness import HOSTS, OffloadingPlane, PlaneHarness, SegmentingPlane
from .plane_steps import PEERS, Step, StepGenerator

# libpywg without and with offloads.
PLANES = (StoppedPlane, OffloadingPlane, SegmentingPlane)
STEPS = 2_000
# 50,000 steps, or a million at night.
SEEDS = 500 if os.environ.get("NIGHTLY") else 25


def limits_of(seed: int) -> Limits:
    """Return small tables; with large packets, enough staging for all segments."""
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
    """Yield a namespace for real TUNs, without IPv6 of the kernel."""
    if os.geteuid():
        pytest.skip("a real TUN needs root")
    with Host(f"pywg-{os.getpid():x}-fuzz") as host:
        for which in ("all", "default"):
            host.sysctl(f"net.ipv6.conf.{which}.disable_ipv6", 1)
        yield host


@pytest.fixture
def real_tun(request: pytest.FixtureRequest) -> MakeTun:
    """Return a function that creates a real TUN."""
    return lambda: tun_with_offloads(request.getfixturevalue("host"), "tun0")


class OraclePlane(reference.Plane):
    """The reference plane, with a lookup for the step generator."""

    def takes(self, destination: bytes) -> bool:
        """Return whether a packet to this address is routable."""
        peer = self._allowed_ips.lookup(destination)
        return peer is not None and self._peers[peer].facts.endpoint is not None

    def has_sent(self, index: int) -> bool:
        """Return whether a datagram with this index is known as sent."""
        port = self.port()
        udp = struct.pack(">HHHH", port, 9, 16, 0) + struct.pack("<II", 4, index)
        data = memoryview(ipv4("10.9.0.1", "10.1.0.1", udp))
        parsed = packet.parse(data)
        return parsed is not None and self._sent_indices.is_own(data, parsed, port)


def compare(oracle: PlaneHarness, tested: PlaneHarness, step: Step, where: str) -> None:
    """Apply a step to both planes; fail at the first difference."""
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
