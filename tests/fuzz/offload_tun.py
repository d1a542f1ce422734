"""A real TUN with offloads, and the end of the kernel.

The machine is a packet socket at the TUN's interface: large packets go out and come in
there with a header that says what they stand for, and no network code of the kernel
touches them on the way.
"""

import socket
from collections import deque

from pywg_embedded.dataplane import tun
from tests.dataplane.large import VNET, Large, cut
from tests.lab.host import Host

_SOL_PACKET, _IGNORE_OUTGOING, _VNET_HDR = 263, 23, 15
_EVERYTHING = 0x0003
_PROTOCOLS = {4: 0x0800, 6: 0x86DD}
_BUFFER = 1 << 23
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_LARGEST_MTU = 65_535


class KernelEnd:
    """The end of the kernel: sends packets and large packets, receives packets."""

    def __init__(self, name: str) -> None:
        kind = socket.SOCK_RAW
        self._name = name
        self._socket = socket.socket(socket.AF_PACKET, kind, socket.htons(_EVERYTHING))
        for option in (_IGNORE_OUTGOING, _VNET_HDR):
            self._socket.setsockopt(_SOL_PACKET, option, 1)
        for option in (_SO_SNDBUFFORCE, _SO_RCVBUFFORCE):
            self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        self._socket.bind((name, _EVERYTHING))
        self._pieces: deque[bytes] = deque()

    def setblocking(self, flag: bool) -> None:
        self._socket.setblocking(flag)

    def close(self) -> None:
        self._socket.close()

    def send(self, packet: bytes) -> None:
        self._send(bytes(VNET.size), packet)

    def send_large(self, large: Large) -> None:
        self._send(large.vnet(), large.packet())

    def recv(self, size: int) -> bytes:
        """Return the next packet, or the next segment of a large one."""
        if not self._pieces:
            data = self._socket.recv(VNET.size + size)
            self._pieces.extend(cut(data[: VNET.size], data[VNET.size :]))
        return self._pieces.popleft()

    def _send(self, vnet: bytes, packet: bytes) -> None:
        protocol = _PROTOCOLS.get(packet[0] >> 4, _PROTOCOLS[4])
        self._socket.sendto(vnet + packet, (self._name, protocol))


class PlaneEnd(tun.Tun):
    """The end of the plane, with the methods of a socket."""

    def fileno(self) -> int:
        return self.descriptor


def tun_with_offloads(host: Host, name: str) -> tuple[KernelEnd, PlaneEnd]:
    """Return both ends of a TUN that nothing else uses."""
    with host.entered():
        plane_end = PlaneEnd(tun.create(name, vnet_header=True).descriptor)
        plane_end.set_mtu(_LARGEST_MTU)
        host.up(name)
        return KernelEnd(name), plane_end
