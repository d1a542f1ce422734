"""Capture the IP packets on a device of a host."""

import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from .host import Host

_ETH_P_ALL = 0x0003
_UDP = 17
_IPV4_HEADER = 20
_IPV6_HEADER = 40
_UDP_HEADER = 8


@dataclass(frozen=True)
class Packet:
    """An IP packet; ``payload`` follows the IP header, and the UDP header if any."""

    source: str
    destination: str
    tos: int
    protocol: int
    payload: bytes


def _parse(packet: bytes) -> Packet | None:
    version = packet[0] >> 4 if packet else 0
    if version == 4:
        return _parse_ipv4(packet)
    if version == 6:
        return _parse_ipv6(packet)
    return None


def _parse_ipv4(packet: bytes) -> Packet:
    source = socket.inet_ntop(socket.AF_INET, packet[12:16])
    destination = socket.inet_ntop(socket.AF_INET, packet[16:20])
    protocol = packet[9]
    payload = _payload(protocol, packet[_IPV4_HEADER:])
    return Packet(source, destination, packet[1], protocol, payload)


def _parse_ipv6(packet: bytes) -> Packet:
    source = socket.inet_ntop(socket.AF_INET6, packet[8:24])
    destination = socket.inet_ntop(socket.AF_INET6, packet[24:40])
    tos = struct.unpack(">H", packet[:2])[0] >> 4 & 0xFF
    protocol = packet[6]
    payload = _payload(protocol, packet[_IPV6_HEADER:])
    return Packet(source, destination, tos, protocol, payload)


def _payload(protocol: int, rest: bytes) -> bytes:
    return rest[_UDP_HEADER:] if protocol == _UDP else rest


class Capture:
    """Packets on one device since the capture was created."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener

    def packets(self, seconds: float) -> Iterator[Packet]:
        """Yield packets as they arrive, for at most ``seconds``."""
        end = time.monotonic() + seconds
        while self._wait_readable(end):
            packet = _parse(self._listener.recv(65535))
            if packet:
                yield packet

    def _wait_readable(self, end: float) -> bool:
        left = max(0, end - time.monotonic())
        return bool(select.select([self._listener], [], [], left)[0])

    def wireguard(self, kind: int, seconds: float = 5) -> Iterator[Packet]:
        """Yield the WireGuard messages of one type."""
        for packet in self.packets(seconds):
            if packet.protocol == _UDP and packet.payload[:4] == bytes([kind, 0, 0, 0]):
                yield packet


@contextlib.contextmanager
def capture(host: Host, device: str) -> Iterator[Capture]:
    """Capture on ``device``, without link-layer headers (Ethernet, TUN)."""
    with host.socket(
        socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL)
    ) as listener:
        listener.bind((device, _ETH_P_ALL))
        yield Capture(listener)
