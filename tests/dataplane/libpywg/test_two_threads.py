"""What two lanes tell in one order, wherever the lanes happen to be."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from pywg_embedded.dataplane import events, native
from pywg_embedded.dataplane.limits import Limits
from tests.dataplane.rig import Rig

PEER = 0
UDP_SEGMENT = 103
# So often the second lane is the first to finish, at least once.
ROUNDS = 10


def two_threads(tun: int, limits: Limits, clock: Callable[[], int]) -> native.Plane:
    plane = native.Plane(tun, limits, native.GRO, threads=2)
    plane.stop_clock(clock())
    return plane


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig(two_threads, Limits())
    yield rig
    rig.close()


def tells(rig: Rig, *datagrams: bytes) -> list[int]:
    """Kinds of event, of datagrams of one size that come as one while it waits."""
    size = struct.pack("@H", len(datagrams[0]))
    arguments = (
        [b"".join(datagrams)],
        [(socket.IPPROTO_UDP, UDP_SEGMENT, size)],
        0,
        ("127.0.0.1", rig.port),
    )
    timer = threading.Timer(0.01, rig.remote.socket.sendmsg, arguments)
    timer.start()
    told = rig.plane.wait(60_000)
    timer.join()
    return [event[0] for event in told + rig.events()]


def test_a_successor_is_due_before_the_key_that_confirms_it(rig: Rig) -> None:
    rig.connected_peer(PEER)
    for _ in range(ROUNDS):
        old = rig.session(PEER)
        rig.now += 170_000
        rig.plane.stop_clock(rig.now)
        new = rig.session(PEER, initiator=False)
        rig.events()
        told = tells(rig, old.seal(), new.seal())
        wanted = told.index(events.HANDSHAKE_NEEDED)
        assert wanted < told.index(events.KEY_CONFIRMED)
