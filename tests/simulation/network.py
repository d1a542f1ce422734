"""A simulated network: engines with a simulated link and simulated time.

A ``Node`` is a ``core.Device`` with the transport of the reference plane, without
sockets. The link loses, delays, duplicates and reorders datagrams.
"""

import heapq
import random
import struct
from collections.abc import Callable
from functools import partial

from pywg_embedded import crypto
from pywg_embedded.core.config import InterfaceChange, PeerChange
from pywg_embedded.core.constants import MESSAGE_INITIATION
from pywg_embedded.core.device import Device
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.core.keypair import Keypair
from pywg_embedded.core.tai64n import TimestampGenerator
from pywg_embedded.dataplane import events
from pywg_embedded.dataplane.limits import Limits
from pywg_embedded.dataplane.reference.routes import RouteMonitor
from pywg_embedded.dataplane.reference.transport import HEADER, Transport

START = 1_000_000
WALL_AT_START = 1_800_000_000 * 10**9
MILLISECOND = 1_000_000


class Link:
    """A link with loss, duplication and delay."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.loss = 0.0
        self.duplication = 0.0
        self.delay = (5, 5)

    def delays_of(self, datagram: bytes) -> list[int]:
        copies = 2 if self.random.random() < self.duplication else 1
        return [
            self.random.randint(*self.delay)
            for _ in range(copies)
            if self.random.random() >= self.loss
        ]


class Simulation:
    """The time, and the scheduled actions."""

    def __init__(self) -> None:
        self.now = START
        self.nodes: dict[tuple[bytes, int], Node] = {}
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, when: int, action: Callable[[], None]) -> None:
        """Schedule an action; actions of the same time keep their order."""
        self._count += 1
        heapq.heappush(self._events, (when, self._count, action))

    def run_until(self, end: int) -> None:
        """Run all actions and timers until ``end``."""
        while True:
            timers = [(node.timer(), node) for node in self.nodes.values()]
            due, node = min(timers, key=lambda timer: timer[0])
            planned = self._events[0][0] if self._events else end + 1
            if min(due, planned) > end:
                self.now = max(self.now, end)
                return
            if planned <= due:
                self.now = max(self.now, planned)
                heapq.heappop(self._events)[2]()
            else:
                self.now = max(self.now, due)
                node.handle_timer()

    def run(self, milliseconds: int) -> None:
        """Run for this many milliseconds."""
        self.run_until(self.now + milliseconds)


class Node:
    """A peer: an engine, a transport, an endpoint and an inner address."""

    def __init__(
        self,
        simulation: Simulation,
        host: int,
        link: Link,
        private: bytes | bytearray | None = None,
        timestamps: TimestampGenerator | None = None,
    ) -> None:
        self.simulation = simulation
        self.link = link
        self.inner = bytes((10, 0, 0, host))
        self.endpoint = Endpoint(bytes((192, 0, 2, host)), 51820)
        self.private = private or crypto.random(32)
        self.public = crypto.public_key(self.private)
        self.wall_offset = 0
        # The machine has no route: nothing can be sent.
        self.is_offline = False
        # (time, packet) handed to the machine, and datagrams sent, by this node.
        self.delivered: list[tuple[int, bytes]] = []
        self.sent: list[tuple[int, bytes]] = []
        self.routes = RouteMonitor()
        self.transport = Transport(Limits(), lambda: simulation.now, self, self)
        timestamps = timestamps or TimestampGenerator(self.wall)
        self.device = Device(crypto, self.transport, timestamps, 64)
        simulation.nodes[self.endpoint.address, self.endpoint.port] = self
        change = InterfaceChange()
        change.private_key = self.private
        self.configure(change)
        self.set_up()

    def wall(self) -> int:
        """Return the wall clock time, shifted by ``wall_offset`` nanoseconds."""
        passed = (self.simulation.now - START) * MILLISECOND
        return WALL_AT_START + passed + self.wall_offset

    def add_peer(
        self, node: "Node", keepalive: int = 0, psk: bytes = bytes(32)
    ) -> None:
        """Add a node as a peer, with its endpoint and inner address."""
        peer = PeerChange(node.public)
        peer.endpoint = node.endpoint.remote()
        peer.allowed_ips = {(node.inner, 32): True}
        peer.persistent_keepalive = keepalive
        peer.preshared_key = psk
        change = InterfaceChange()
        change.peers = [peer]
        self.configure(change)

    def remove_peer(self, node: "Node") -> None:
        peer = PeerChange(node.public)
        peer.remove = True
        change = InterfaceChange()
        change.peers = [peer]
        self.configure(change)

    def rekey(self) -> None:
        """Begin a handshake with each peer."""
        for peer in self.device.peers:
            self.device.rekey(peer.id, self.simulation.now)
        self._flush()

    def configure(self, change: InterfaceChange) -> None:
        self.device.configure(change, self.simulation.now)
        self._flush()

    def send_text(self, receiver: "Node", text: bytes) -> None:
        """Send a packet to the inner address of a node."""
        packet = ipv4(self.inner, receiver.inner, text)
        self.transport.outgoing[HEADER : HEADER + len(packet)] = packet
        self.transport.send_packet(len(packet))
        self._flush()

    def received_texts(self) -> list[bytes]:
        """Return the received texts, in order."""
        return [packet[20:] for _, packet in self.delivered]

    def initiations(self, since: int) -> list[int]:
        """Return when initiations were sent, relative to ``since``."""
        times = [when for when, data in self.sent if data[0] == MESSAGE_INITIATION]
        return [when - since for when in times if when >= since]

    def set_down(self) -> None:
        self.device.interface_down(self.simulation.now)
        self._flush()

    def set_up(self) -> None:
        self.device.interface_up(self.simulation.now)
        self._flush()

    def timer(self) -> int:
        due = self.device.get_timer()
        return 2**62 if due is None else due

    def handle_timer(self) -> None:
        self.device.handle_timer(self.simulation.now)
        self._flush()

    def receive(self, data: bytes, source: Endpoint, backlog: int = 0) -> None:
        """Process a datagram."""
        if data[:4] == b"\x04\0\0\0":
            self.transport.incoming[: len(data)] = data
            self.transport.receive_transport(len(data), source, 0)
        else:
            self.device.receive_datagram(data, source, self.simulation.now, backlog)
        self._flush()

    def send(
        self, data: memoryview | bytes, endpoint: Endpoint, tos: int
    ) -> tuple[bool, Endpoint]:
        """Send a datagram over the link; called by the transport."""
        if self.is_offline:
            return False, endpoint
        datagram = bytes(data)
        self.sent.append((self.simulation.now, datagram))
        target = self.simulation.nodes.get((endpoint.address, endpoint.port))
        if target is not None:
            self._transmit(datagram, target)
        return True, endpoint

    def check_source(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint, which has no source address here."""
        return endpoint

    def write(self, packet: memoryview | bytes) -> None:
        """Record a received packet; called by the transport."""
        self.delivered.append((self.simulation.now, bytes(packet)))

    def current_keypair(self) -> Keypair:
        """Return the current keypair of the only peer."""
        (peer,) = self.transport._peers.values()
        assert peer.keypairs.current is not None
        return peer.keypairs.current.keypair

    def adopt_identity(self, stranger: "Node") -> None:
        """Use the private key of another node, which leaves the simulation."""
        del self.simulation.nodes[stranger.endpoint.address, stranger.endpoint.port]
        change = InterfaceChange()
        self.private = change.private_key = stranger.private
        self.public = stranger.public
        self.configure(change)

    def _transmit(self, datagram: bytes, target: "Node") -> None:
        source = self.endpoint
        for delay in self.link.delays_of(datagram):
            self.simulation.at(
                self.simulation.now + delay, lambda: target.receive(datagram, source)
            )

    def _flush(self) -> None:
        self._send_datagrams()
        while events_taken := self.transport.take_events():
            for event in events_taken:
                _EVENT_HANDLERS[event[0]](self.device, event[1], self.simulation.now)
            self._send_datagrams()

    def _send_datagrams(self) -> None:
        for datagram, endpoint, peer_id in self.device.datagrams_to_send():
            sent, _ = self.send(datagram, endpoint, 0)
            if sent and peer_id is not None:
                self.transport.record_handshake_sent(peer_id, len(datagram))


_EVENT_HANDLERS = {
    events.HANDSHAKE_NEEDED: Device.handshake_needed,
    events.KEY_CONFIRMED: Device.key_confirmed,
    events.ACTIVE: Device.peer_active,
}


def ipv4(source: bytes, destination: bytes, text: bytes) -> bytes:
    """Return a minimal IPv4 packet without checksum."""
    length = 20 + len(text)
    fields = (0x45, 0, length, 0, 0, 64, 17, 0, source, destination)
    return struct.pack(">BBHHHBBH4s4s", *fields) + text


def pair(link: Link | None = None) -> tuple[Simulation, Node, Node]:
    """Return a simulation with two nodes that are peers of each other."""
    simulation = Simulation()
    link = link or Link()
    alice, bob = Node(simulation, 1, link), Node(simulation, 2, link)
    alice.add_peer(bob)
    bob.add_peer(alice)
    return simulation, alice, bob


def send_numbers(
    simulation: Simulation, sender: Node, receiver: Node, every: int, count: int
) -> None:
    """Send numbers, one each ``every`` ms from now on."""
    for n in range(count):
        send = partial(sender.send_text, receiver, str(n).encode())
        simulation.at(simulation.now + n * every, send)
