"""Own datagrams that come back from the TUN are dropped, and no others."""

import struct
from collections.abc import Callable
from typing import NamedTuple

import pytest

from pywg_embedded.core.constants import (
    COOKIE_REPLY_SIZE,
    INITIATION_SIZE,
    MESSAGE_TRANSPORT,
    RESPONSE_SIZE,
)

from .packets import ipv4, ipv6, sized
from .rig import RemoteSession, Rig, decrypt_all

PEER = 3
HERE, THERE = "192.0.2.1", "192.0.2.2"
HERE6, THERE6 = "2001:db8::1", "2001:db8::2"
FRAGMENT, UDP = 44, 17
MORE_FRAGMENTS = 0x2000


class Wrapped(NamedTuple):
    """A datagram in an IP packet: the IP version and what differs from a plain one."""

    version: int
    fragment: int | None = None
    options: bytes = b""
    protocol: int = UDP

    def packet(self, datagram: bytes, port: int) -> bytes:
        udp = struct.pack(">HHHH", port, 51820, 8 + len(datagram), 0) + datagram
        if self.version == 4:
            return ipv4(
                HERE,
                THERE,
                udp,
                fragment=self.fragment or 0,
                options=self.options,
                protocol=self.protocol,
            )
        if self.fragment is None:
            return ipv6(HERE6, THERE6, udp, protocol=self.protocol)
        header = struct.pack(">BBHI", self.protocol, 0, self.fragment, 7)
        return ipv6(HERE6, THERE6, header + udp, protocol=FRAGMENT)


OWN = [
    pytest.param(Wrapped(4), id="v4"),
    pytest.param(Wrapped(4, options=b"\1" * 8), id="v4-options"),
    pytest.param(Wrapped(4, MORE_FRAGMENTS), id="v4-first-fragment"),
    pytest.param(Wrapped(6), id="v6"),
    pytest.param(Wrapped(6, 1), id="v6-first-fragment"),
]
FOREIGN = [
    pytest.param(Wrapped(4, 1), id="v4-later-fragment"),
    pytest.param(Wrapped(4, protocol=6), id="v4-tcp"),
    pytest.param(Wrapped(6, 8), id="v6-later-fragment"),
    pytest.param(Wrapped(6, protocol=6), id="v6-tcp"),
    pytest.param(Wrapped(6, 1, protocol=6), id="v6-fragment-of-tcp"),
]


@pytest.fixture
def end(rig: Rig) -> RemoteSession:
    """A session with a peer that all addresses are routed to."""
    return rig.connected_peer(PEER, "0.0.0.0/0", "::/0")


def sent_transport_data(rig: Rig) -> bytes:
    rig.write_tun(sized(100))
    (datagram,) = rig.sent_data()
    return datagram


@pytest.mark.parametrize("wrapped", OWN)
def test_own_datagram_is_dropped_when_it_comes_back(
    rig: Rig, end: RemoteSession, wrapped: Wrapped
) -> None:
    rig.write_tun(wrapped.packet(sent_transport_data(rig), rig.port))
    assert rig.drops() == {"routing_loop": 1}
    assert rig.sent_data() == rig.read_tun() == rig.read_icmp(4) == rig.read_icmp(6)
    # The next packet is sent.
    rig.write_tun(sized(64))
    assert decrypt_all(end, rig.sent_data()) == [sized(64)]


@pytest.mark.parametrize("wrapped", FOREIGN)
def test_other_packet_is_sent_when_it_resembles_an_own_datagram(
    rig: Rig, end: RemoteSession, wrapped: Wrapped
) -> None:
    packet = wrapped.packet(sent_transport_data(rig), rig.port)
    rig.write_tun(packet)
    assert rig.drops() == {}
    (content,) = decrypt_all(end, rig.sent_data())
    assert content is not None and content.startswith(packet)


# What differs from an own datagram.
Change = Callable[[bytes, int], tuple[bytes, int]]
CHANGES: list[Change] = [
    lambda data, port: (data, port ^ 1),
    lambda data, port: (b"\5" + data[1:], port),
    lambda data, port: (b"\0" + data[1:], port),
    lambda data, port: (data[:1] + b"\1" + data[2:], port),
    lambda data, port: (data[:4] + bytes([data[4] ^ 1]) + data[5:], port),
    lambda data, port: (data[:7] + bytes([data[7] ^ 128]) + data[8:], port),
    lambda data, port: (data[:4] + bytes(4) + data[8:], port),
    lambda data, port: (data[:7], port),
]
IDS = ["port", "type-5", "type-0", "reserved", "low-bit", "high-bit", "none", "short"]


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
@pytest.mark.parametrize("version", [4, 6])
def test_foreign_wireguard_datagram_is_sent(
    rig: Rig, end: RemoteSession, version: int, change: Change
) -> None:
    packet = Wrapped(version).packet(*change(sent_transport_data(rig), rig.port))
    rig.write_tun(packet)
    assert rig.drops() == {}
    (content,) = decrypt_all(end, rig.sent_data())
    assert content is not None and content.startswith(packet)


@pytest.mark.parametrize(
    "kind, size",
    [(1, INITIATION_SIZE), (2, RESPONSE_SIZE), (3, COOKIE_REPLY_SIZE)],
    ids=["initiation", "response", "cookie-reply"],
)
def test_own_handshake_message_is_dropped_when_it_comes_back(
    rig: Rig, end: RemoteSession, kind: int, size: int
) -> None:
    message = struct.pack("<II", kind, 0xDEADBEEF) + bytes(size - 8)
    rig.plane.send_datagram(message, rig.remote.endpoint())
    rig.write_tun(Wrapped(4).packet(message, rig.port))
    assert rig.drops() == {"routing_loop": 1}
    assert rig.sent_data() == []


def test_index_replaces_another_with_equal_low_bits(
    rig: Rig, end: RemoteSession
) -> None:
    message = struct.pack("<II", MESSAGE_TRANSPORT, end.index + 1024) + bytes(24)
    rig.plane.send_datagram(message, rig.remote.endpoint())
    assert rig.remote.receive().data == message
    rig.write_tun(Wrapped(4).packet(message, rig.port))
    assert rig.drops() == {"routing_loop": 1}
    own = sent_transport_data(rig)
    rig.write_tun(Wrapped(4).packet(own, rig.port))
    assert rig.drops() == {"routing_loop": 2}
    rig.write_tun(Wrapped(4).packet(message, rig.port))
    assert rig.drops() == {"routing_loop": 2}
