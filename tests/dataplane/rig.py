"""A rig: a data plane with a TUN and a remote UDP socket that the test uses.

Only the plane's interface is used, so that every plane is put to the same tests. The
clock stands still unless a test moves it, and nothing is waited for by sleeping:
whatever arrives is either counted as a drop, counted as received, or an event.
"""

import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pywg_embedded import crypto
from pywg_embedded.core.constants import (
    MESSAGE_TRANSPORT,
    TAG_SIZE,
    TRANSPORT_HEADER_SIZE,
)
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.core.keypair import Keypair
from pywg_embedded.dataplane import events
from pywg_embedded.dataplane.limits import Limits

from .handshakes import PUBLIC
from .packets import address, prefix

MakePlane = Callable[[int, Limits, Callable[[], int]], Any]
Event = tuple[Any, ...]
# Both ends have the methods of sockets; that of the kernel returns one packet a call.
MakeTun = Callable[[], tuple[Any, Any]]

LOOPBACK = {4: "127.0.0.1", 6: "::1"}
# Seconds that a socket of a test waits at most.
TIMEOUT = 60.0
LARGEST = 65_535


class SentDatagram(NamedTuple):
    """A datagram that a remote socket received."""

    data: bytes
    tos: int
    source: tuple[str, int]


class RemoteSocket:
    """A UDP socket of a remote peer."""

    def __init__(self, host: str = LOOPBACK[4]) -> None:
        self.version = 6 if ":" in host else 4
        family = socket.AF_INET6 if self.version == 6 else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(TIMEOUT)
        if self.version == 4:
            self._tos = socket.IPPROTO_IP, socket.IP_TOS
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        else:
            self._tos = socket.IPPROTO_IPV6, socket.IPV6_TCLASS
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)

    def endpoint(self) -> Endpoint:
        host, port = self.socket.getsockname()[:2]
        return Endpoint(address(host), port)

    def send(self, data: bytes, port: int, tos: int = 0, host: str = "") -> None:
        to = (host or LOOPBACK[self.version], port)
        self.socket.sendmsg([data], [(*self._tos, struct.pack("@i", tos))], 0, to)

    def receive(self) -> SentDatagram:
        data, ancillary, _, source = self.socket.recvmsg(LARGEST, 64)
        return SentDatagram(data, ancillary[0][2][0] if ancillary else 0, source[:2])


class RemoteSession:
    """The remote end of a keypair; ``session_id`` makes its keys unique."""

    def __init__(self, session_id: int) -> None:
        self.index, self.local_index = 1_000 + session_id, 2_000 + session_id
        self._to_plane = bytes([session_id]) * 32
        self._from_plane = bytes([session_id + 100]) * 32
        self._counter = 0

    def keypair(self, initiator: bool, created_at: int) -> Keypair:
        """Return the keypair of the plane."""
        keys = bytearray(self._from_plane), bytearray(self._to_plane)
        return Keypair(initiator, (self.local_index, self.index), keys, created_at)

    def seal(self, packet: bytes = b"", counter: int | None = None) -> bytes:
        """Return transport data for the plane, by default with the next counter."""
        if counter is None:
            counter, self._counter = self._counter, self._counter + 1
        nonce = struct.pack("<4xQ", counter)
        header = struct.pack("<IIQ", MESSAGE_TRANSPORT, self.local_index, counter)
        return header + crypto.seal(self._to_plane, nonce, packet, b"")

    def open(self, datagram: bytes) -> bytes | None:
        """Decrypt transport data of the plane, padding included.

        Return None if it belongs to another keypair.
        """
        kind, index, counter = struct.unpack_from("<IIQ", datagram)
        if (kind, index) != (MESSAGE_TRANSPORT, self.index):
            return None
        nonce = struct.pack("<4xQ", counter)
        return crypto.open_sealed(
            self._from_plane, nonce, datagram[TRANSPORT_HEADER_SIZE:], b""
        )


def socketpair_tun() -> tuple[socket.socket, socket.socket]:
    """Return the ends of the kernel and of the plane, as a pair of sockets."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class Rig:
    """A plane with a socket as its TUN, a socket of a remote peer, and a clock."""

    def __init__(
        self, make_plane: MakePlane, limits: Limits, make_tun: MakeTun = socketpair_tun
    ) -> None:
        self.now = 1_000_000
        self.tun, self._plane_tun = make_tun()
        self.tun.setblocking(False)
        self.plane = make_plane(self._plane_tun.fileno(), limits, lambda: self.now)
        self.plane.set_identity(PUBLIC)
        self.port: int = self.plane.listen(0)
        # By IP version; sockets of this kind ignore the address of a message.
        self._icmp = {version: socketpair_tun() for version in (4, 6)}
        for end, _ in self._icmp.values():
            end.setblocking(False)
        self.plane.set_icmp_sockets(*[ends[1].fileno() for ends in self._icmp.values()])
        self.remote = RemoteSocket()
        self._peers: dict[int, int] = {}
        self._events: list[Event] = []
        self._sessions = 0

    def close(self) -> None:
        self.plane.close()
        del self.plane
        self.remote.socket.close()
        for ends in self._icmp.values():
            for end in ends:
                end.close()
        self.tun.close()
        self._plane_tun.close()

    # Calls of the engine.

    def add_peer(
        self, peer_id: int, *prefixes: str, endpoint: Endpoint | None = None
    ) -> None:
        """Add a peer with allowed IPs, by default with the endpoint of ``remote``."""
        self.plane.add_peer(peer_id)
        self.plane.set_endpoint(peer_id, endpoint or self.remote.endpoint())
        self.plane.allow(peer_id, [prefix(text) for text in prefixes])
        self._peers[peer_id] = 0

    def remove_peer(self, peer_id: int) -> None:
        self.plane.remove_peer(peer_id)
        del self._peers[peer_id]

    def session(
        self, peer_id: int, initiator: bool = True, keep_next: bool = False
    ) -> RemoteSession:
        """Install a keypair, and return its remote end.

        What the plane sends at once stays in the socket.
        """
        self._sessions += 1
        end = RemoteSession(self._sessions)
        keypair = end.keypair(initiator, self.now)
        self.plane.install_keypair(peer_id, keypair, keep_next)
        return end

    def connected_peer(self, peer_id: int, *prefixes: str) -> RemoteSession:
        """Add a peer with a confirmed keypair, and take its datagrams and events."""
        self.add_peer(peer_id, *prefixes)
        end = self.session(peer_id)
        self.sent_data()
        self.deliver(end.seal())
        self.plane.observe(peer_id)
        self.events()
        return end

    # Packets in and out.

    def poll_once(self) -> None:
        """Let the plane process what is ready."""
        self._events += self.plane.wait(0)

    def write_tun(self, packet: bytes) -> None:
        """Send a packet from the kernel through the plane."""
        self.tun.send(packet)
        self.poll_once()

    def deliver(
        self, datagram: bytes, remote: RemoteSocket | None = None, tos: int = 0
    ) -> None:
        """Send a datagram from a remote socket, and wait until it is processed."""
        before = self._processed_count()
        (remote or self.remote).send(datagram, self.port, tos)
        while self._processed_count() == before:
            self._events += self.plane.wait(0)

    def read_tun(self) -> list[bytes]:
        """Return the packets written to the TUN since the last call."""
        return list(_waiting(self.tun))

    def read_icmp(self, version: int) -> list[bytes]:
        """Return the messages sent on a raw socket for ICMP since the last call."""
        return list(_waiting(self._icmp[version][0]))

    def sent_data(self) -> list[bytes]:
        """Return the transport data sent to ``remote`` since the last call."""
        return [sent.data for sent in self.sent_datagrams()]

    def sent_datagrams(self) -> list[SentDatagram]:
        datagrams = []
        missing = self._new_tx_bytes()
        while missing > 0:
            datagrams.append(self.remote.receive())
            missing -= len(datagrams[-1].data)
        return datagrams

    def events(self, *kinds: int) -> list[Event]:
        """Return the events since the last call, of these kinds or of all."""
        self.poll_once()
        seen, self._events = self._events, []
        return [e for e in seen if not kinds or e[0] in kinds]

    def drops(self) -> dict[str, int]:
        """Return the numbers of drops by reason."""
        drops: dict[str, int] = self.plane.drops
        return dict(drops)

    def _processed_count(self) -> int:
        received: list[int] = [self.plane.facts(p).rx_bytes for p in self._peers]
        arrived = [event for event in self._events if event[0] == events.HANDSHAKE]
        return sum(self.drops().values()) + sum(received) + len(arrived)

    def _new_tx_bytes(self) -> int:
        size = 0
        for peer, seen in self._peers.items():
            now: int = self.plane.facts(peer).tx_bytes
            self._peers[peer] = now
            size += now - seen
        return size


def _waiting(end: Any) -> Iterator[bytes]:
    while True:
        try:
            yield end.recv(LARGEST)
        except BlockingIOError:
            return


def decrypt_all(end: RemoteSession, datagrams: list[bytes]) -> list[bytes | None]:
    """Return the decrypted content of each datagram."""
    return [end.open(datagram) for datagram in datagrams]


def size_of(plaintext: int) -> int:
    """Return the size of the datagram for a packet of ``length`` bytes."""
    return TRANSPORT_HEADER_SIZE + plaintext + TAG_SIZE
