"""The order of events with two threads, for each timing of the threads."""

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
# Enough rounds for the rx thread to finish first at least once.
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


def receive_as_batch(rig: Rig, *datagrams: bytes) -> list[int]:
    """Send datagrams of equal size as one batch during the wait; return event kinds."""
    size = struct.pack("@H", len(datagrams[0]))
    arguments = (
        [b"".join(datagrams)],
        [(socket.IPPROTO_UDP, UDP_SEGMENT, size)],
        0,
        ("127.0.0.1", rig.port),
    )
    timer = threading.Timer(0.01, rig.remote.socket.sendmsg, arguments)
    timer.start()
    received = rig.plane.wait(60_000)
    timer.join()
    return [event[0] for event in received + rig.events()]


def test_needed_handshake_is_reported_before_key_confirmation(rig: Rig) -> None:
    rig.connected_peer(PEER)
    for _ in range(ROUNDS):
        old = rig.session(PEER)
        rig.now += 170_000
        rig.plane.stop_clock(rig.now)
        new = rig.session(PEER, initiator=False)
        rig.events()
        received = receive_as_batch(rig, old.seal(), new.seal())
        wanted = received.index(events.HANDSHAKE_NEEDED)
        assert wanted < received.index(events.KEY_CONFIRMED)
