"""``wait``: packets, handshakes, descriptors, timeout; and the UDP port."""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pywg_embedded.core.constants import (
    HANDSHAKE_QUEUE_SIZE,
    HANDSHAKE_TOS,
    INITIATION_SIZE,
)
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.core.keypair import Keypair
from pywg_embedded.daemon.clock import boottime
from pywg_embedded.dataplane import events, native, reference, tun
from pywg_embedded.dataplane.limits import Limits
from tests.lab.host import Host
from tests.lab.wait import becomes

from .handshakes import cookie_reply, message
from .packets import address, ipv4, prefix, sized
from .rig import LOOPBACK, TIMEOUT, MakePlane, RemoteSocket, Rig, decrypt_all

PEER = 3
PREFIX = "10.1.0.0/16"
IPV6_CHECKSUM, UDP_CHECKSUM_AT = 7, 6
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


class PortZeroSocket(RemoteSocket):
    """Sends from UDP port 0, which can receive no reply."""

    def send(self, data: bytes, port: int, tos: int = 0, host: str = "") -> None:
        with socket.socket(
            self.socket.family, socket.SOCK_RAW, socket.IPPROTO_UDP
        ) as raw:
            if self.version == 6:
                raw.setsockopt(socket.IPPROTO_IPV6, IPV6_CHECKSUM, UDP_CHECKSUM_AT)
            header = struct.pack(">HHHH", 0, port, 8 + len(data), 0)
            raw.sendto(header + data, (LOOPBACK[self.version], 0))


# Handshakes


def test_a_handshake_message_is_an_event(rig: Rig) -> None:
    rig.deliver(message())
    ((kind, data, source, backlog),) = rig.events()
    assert (kind, data, backlog) == (events.HANDSHAKE, message(), 0)
    assert source.remote() == rig.remote.endpoint().remote()
    assert source.source == b"\x7f\0\0\1"


def test_handshake_events_are_in_order_with_their_backlog(rig: Rig) -> None:
    for n in range(20):
        rig.remote.send(message(n), rig.port)
    seen: list[tuple[int, bytes, object, int]] = []
    while len(seen) < 20:
        seen += rig.events()
    assert [event[1] for event in seen] == [message(n) for n in range(20)]
    assert [event[3] for event in seen][-2:] == [1, 0]


@needs_root
@pytest.mark.parametrize("host", LOOPBACK.values())
def test_datagrams_from_port_zero_are_dropped(rig: Rig, host: str) -> None:
    end = rig.connected_peer(PEER, PREFIX)
    where = rig.plane.facts(PEER).endpoint.remote()
    nowhere = PortZeroSocket(host)
    with nowhere.socket:
        rig.deliver(message(), nowhere)
        rig.deliver(end.seal(ipv4("10.1.0.1", "10.0.0.1")), nowhere)
    assert rig.drops() == {"malformed": 2}
    assert (rig.events(), rig.read_tun()) == ([], [])
    assert rig.plane.facts(PEER).endpoint.remote() == where


@pytest.mark.parametrize("size", [0, 3, 4, 147, INITIATION_SIZE + 1, 1500, 65_507])
def test_malformed_datagrams_are_dropped(rig: Rig, size: int) -> None:
    rig.deliver(message().ljust(size, b"\1")[:size])
    assert rig.drops() == {"malformed": 1}
    assert rig.events() == []


def test_the_largest_datagram_of_transport_data_is_received(rig: Rig) -> None:
    end = rig.connected_peer(PEER, PREFIX)
    packet = ipv4("10.1.0.1", "10.0.0.1", b"\xa5" * (65_507 - 32 - 20))
    rig.deliver(end.seal(packet))
    assert rig.read_tun() == [packet]


def test_handshake_messages_are_dropped_when_the_queue_is_full(rig: Rig) -> None:
    reason = "handshake_queue_full"
    seen: list[tuple[int, bytes, object, int]] = []
    sent = 0
    # Other messages are rejected under load.
    rig.plane.expect_cookie(1)
    while reason not in rig.drops():
        assert sent < 4 * HANDSHAKE_QUEUE_SIZE
        for _ in range(32):
            rig.remote.send(cookie_reply(1), rig.port)
            sent += 1
        seen += rig.events()
    while waiting := rig.events():
        seen += waiting
    assert len(seen) + rig.drops()[reason] == sent
    assert max(event[3] for event in seen) == HANDSHAKE_QUEUE_SIZE - 1


def test_the_handshake_queue_is_emptied_by_close(rig: Rig) -> None:
    for n in range(40):
        rig.remote.send(message(n), rig.port)
    rig.events()
    rig.plane.close()
    assert rig.events() == []


def test_handshake_messages_have_their_own_traffic_class(rig: Rig) -> None:
    rig.plane.send_datagram(message(), rig.remote.endpoint())
    sent = rig.remote.receive()
    assert (sent.data, sent.tos) == (message(), HANDSHAKE_TOS)


# Watched descriptors


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_a_watched_descriptor_is_ready_when_readable(
    rig: Rig, pipe: tuple[int, int]
) -> None:
    rig.plane.watch(pipe[0])
    assert rig.events() == []
    os.write(pipe[1], b"x")
    assert rig.events() == [(events.READY, pipe[0])]
    assert rig.events() == [(events.READY, pipe[0])]
    os.read(pipe[0], 1)
    assert rig.events() == []


def test_a_watched_descriptor_is_ready_when_writable(
    rig: Rig, pipe: tuple[int, int]
) -> None:
    os.set_blocking(pipe[1], False)
    rig.plane.watch(pipe[1], writable=True)
    assert rig.events() == [(events.READY, pipe[1])]
    os.write(pipe[1], bytes(1 << 20))
    assert rig.events() == []


def test_an_unwatched_descriptor_is_no_event(rig: Rig, pipe: tuple[int, int]) -> None:
    rig.plane.watch(pipe[0])
    rig.plane.unwatch(pipe[0])
    os.write(pipe[1], b"x")
    assert rig.events() == []


def test_descriptors_stay_watched_after_a_change_of_port(
    rig: Rig, pipe: tuple[int, int]
) -> None:
    rig.plane.watch(pipe[0])
    rig.plane.listen(0)
    os.write(pipe[1], b"x")
    assert rig.events() == [(events.READY, pipe[0])]


# Time


# Planes with the clock of the machine.
RUNNING: dict[str, Callable[[int], Any]] = {
    "reference": lambda tun: reference.Plane(tun, Limits(), boottime),
    "libpywg": lambda tun: native.Plane(tun, Limits()),
}


@pytest.mark.parametrize("name", RUNNING)
def test_wait_lasts_until_its_timeout(name: str) -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        plane = RUNNING[name](here.fileno())
        start = boottime()
        assert plane.wait(30) == []
        assert boottime() >= start + 30


def wait_with_timeout(wait: Callable[[], Any]) -> Any:
    """Return the result of a call; fail the test if it does not return."""
    returned: list[Any] = []
    waiter = threading.Thread(target=lambda: returned.append(wait()), daemon=True)
    waiter.start()
    waiter.join(TIMEOUT)
    assert not waiter.is_alive()
    return returned[0]


def test_wait_ends_when_the_clock_stands_still(rig: Rig) -> None:
    assert wait_with_timeout(lambda: rig.plane.wait(1)) == []


@pytest.fixture
def echo() -> Iterator[socket.socket]:
    """Yield a socket that is connected to itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((LOOPBACK[4], 0))
        sock.connect(sock.getsockname())
        yield sock


def start_packet_loop(plane: Any, echo: socket.socket) -> None:
    """Let a packet loop: the plane is its own peer, and its TUN echoes."""
    plane.add_peer(PEER)
    plane.set_endpoint(PEER, Endpoint(address(LOOPBACK[4]), plane.listen(0)))
    plane.allow(PEER, [prefix(PREFIX)])
    keypair = Keypair(True, (7, 7), (bytearray(32), bytearray(32)), boottime())
    plane.install_keypair(PEER, keypair, False)
    echo.send(ipv4("10.1.0.1", "10.1.0.2"))


@pytest.mark.parametrize("name", RUNNING)
def test_wait_ends_at_its_timeout_in_a_flood(name: str, echo: socket.socket) -> None:
    plane = RUNNING[name](echo.fileno())
    start_packet_loop(plane, echo)
    assert wait_with_timeout(lambda: plane.wait(None)) == [(events.ACTIVE, PEER)]
    before = plane.facts(PEER).rx_bytes
    while plane.facts(PEER).rx_bytes == before:
        assert wait_with_timeout(lambda: plane.wait(20)) == []
    plane.close()


def test_the_work_of_one_wait_is_bounded(rig: Rig) -> None:
    end = rig.connected_peer(PEER, PREFIX)
    datagrams, size = 250, len(end.seal())
    before = rig.plane.facts(PEER).rx_bytes
    for _ in range(datagrams):
        rig.remote.send(end.seal(), rig.port)
    rig.plane.wait(0)
    assert size <= rig.plane.facts(PEER).rx_bytes - before <= 64 * size
    while rig.plane.facts(PEER).rx_bytes - before < datagrams * size:
        rig.plane.wait(0)


def test_wait_without_timeout_returns_an_event(rig: Rig) -> None:
    rig.remote.send(message(), rig.port)
    assert [event[0] for event in rig.plane.wait(None)] == [events.HANDSHAKE]


def test_an_event_between_waits_is_returned_at_once(rig: Rig) -> None:
    rig.add_peer(PEER, PREFIX)
    rig.plane.send_keepalive(PEER)
    assert rig.plane.wait(None) == [(events.HANDSHAKE_NEEDED, PEER)]


# The port


def bound(version: int, port: int = 0) -> socket.socket:
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if version == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((LOOPBACK[version], port))
    return sock


def reaches(rig: Rig, version: int) -> bool:
    """Return whether a datagram of this family is received."""
    remote = RemoteSocket(LOOPBACK[version])
    with remote.socket:
        rig.deliver(message(), remote)
        return rig.events(events.HANDSHAKE) != []


def test_a_random_port_is_the_same_for_both_families(rig: Rig) -> None:
    assert rig.port == rig.plane.port() != 0
    assert reaches(rig, 4)
    assert reaches(rig, 6)


@pytest.mark.parametrize("version", [4, 6])
def test_the_old_port_stays_open_when_the_new_one_is_in_use(
    rig: Rig, version: int
) -> None:
    with bound(version) as occupied, pytest.raises(OSError, match="in use"):
        rig.plane.listen(occupied.getsockname()[1])
    assert rig.plane.port() == rig.port
    assert reaches(rig, 4)
    assert reaches(rig, 6)


def test_listening_on_the_same_port_again_succeeds(rig: Rig) -> None:
    assert rig.plane.listen(rig.port) == rig.port
    assert reaches(rig, 4)


def test_a_new_port_replaces_the_old(rig: Rig) -> None:
    old, rig.port = rig.port, rig.plane.listen(0)
    assert old != rig.port
    bound(4, old).close()
    assert reaches(rig, 4)


def test_keypairs_stay_in_use_after_a_change_of_port(rig: Rig) -> None:
    end = rig.connected_peer(PEER, PREFIX)
    rig.port = rig.plane.listen(0)
    rig.deliver(end.seal())
    rig.write_tun(sized(48))
    assert decrypt_all(end, rig.sent_data()) == [sized(48)]


def test_a_closed_plane_counts_sends_as_drops(rig: Rig) -> None:
    rig.connected_peer(PEER, PREFIX)
    rig.plane.close()
    assert rig.plane.port() == 0
    rig.write_tun(sized(48))
    assert rig.drops() == {"no_socket": 1}
    bound(4, rig.port).close()
    rig.port = rig.plane.listen(rig.port)
    assert reaches(rig, 4)


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(f"pywg-{os.getpid():x}-plane") as host:
        yield host


@needs_root
def test_ipv4_works_without_ipv6(host: Host, make_plane: MakePlane) -> None:
    host.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
    host.sysctl("net.ipv6.conf.lo.disable_ipv6", 1)
    with host.entered():
        rig = Rig(make_plane, Limits())
        assert reaches(rig, 4)
        rig.close()


# A real TUN


@needs_root
def test_packets_pass_a_real_tun_until_it_is_deleted(
    host: Host, make_plane: MakePlane
) -> None:
    with host.entered():
        device = tun.create("tun0")
        rig = Rig(lambda _, *more: make_plane(device.descriptor, *more), Limits())
        end = rig.connected_peer(PEER, PREFIX)
        inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    host.up("tun0")
    host.add_address("tun0", "10.1.0.1/24")
    inside.bind(("10.1.0.1", 7))
    inside.sendto(b"question", ("10.1.0.2", 7))
    assert becomes(lambda: rig.events(events.ACTIVE) != [])
    payloads = [p[28:36] for p in decrypt_all(end, rig.sent_data()) if p]
    assert b"question" in payloads
    host.delete_link("tun0")
    for _ in range(3):
        rig.deliver(end.seal(ipv4("10.1.0.2", "10.1.0.1", b"too late")))
    assert rig.events(events.TUN_GONE) == [(events.TUN_GONE,)]
    inside.close()
    rig.close()
    device.close()
