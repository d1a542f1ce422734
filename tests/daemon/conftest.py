"""Interfaces in the process of the tests."""

import socket
from collections.abc import Callable, Iterator

import pytest

from pywg_embedded import crypto
from pywg_embedded.core.device import Device
from pywg_embedded.core.tai64n import TimestampGenerator
from pywg_embedded.daemon import clock
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.dataplane.limits import Limits
from pywg_embedded.dataplane.reference import Plane

MakeInterface = Callable[[Limits], Interface]


@pytest.fixture
def make_interface() -> Iterator[MakeInterface]:
    """Return a function that creates interfaces with a socket as their TUN device."""
    made: list[tuple[Interface, tuple[socket.socket, socket.socket]]] = []

    def make(limits: Limits) -> Interface:
        tun = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        plane = Plane(tun[0].fileno(), limits, clock.boottime)
        timestamps = TimestampGenerator(clock.wall)
        device = Device(crypto, plane, timestamps, limits.peers)
        interface = Interface(device, plane, limits, Log("test", "silent"))
        made.append((interface, tun))
        return interface

    yield make
    for interface, tun in made:
        interface.close()
        for end in tun:
            end.close()


@pytest.fixture
def interface(make_interface: MakeInterface) -> Interface:
    return make_interface(Limits(peers=3, allowed_ips=4))
