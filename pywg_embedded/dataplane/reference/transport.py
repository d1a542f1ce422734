"""Transport data without sockets: inner packets to datagrams, and back.

Packets are encrypted and decrypted in place, in one buffer for each direction:

    outgoing, incoming: | header 16 | packet, padding | tag 16 |
"""

import errno
import struct

from ... import crypto
from ...core.constants import (
    DEFAULT_MTU,
    MESSAGE_TRANSPORT,
    PADDING_MULTIPLE,
    REJECT_AFTER_MESSAGES,
    REKEY_TIMEOUT,
    TAG_SIZE,
    TRANSPORT_HEADER_SIZE,
    TRANSPORT_MIN_SIZE,
)
from ...core.facts import Facts
from ...core.handshake_filter import HandshakeFilter
from .. import events
from ..limits import MOST_ALLOWED_IPS, Limits
from . import ecn, packet
from .aead import InPlaceAead
from .allowedips import AllowedIPs
from .icmp import IcmpSender
from .keypair import Keypairs, KeypairState
from .routing_loop import SentIndices
from .staging import Staging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import Any, Protocol

    from ...core.crypto import Bytes
    from ...core.endpoint import Endpoint
    from ...core.keypair import Keypair
    from .routes import RouteMonitor

    AllowedIP = tuple[bytes, int]
    Event = tuple[Any, ...]

    class UdpSender(Protocol):
        """Sends datagrams."""

        routes: "RouteMonitor"

        def send(
            self, data: memoryview | bytes, endpoint: Endpoint, tos: int
        ) -> tuple[bool, Endpoint]:
            """Send a datagram; return whether it was sent, and the endpoint."""

        def check_source(self, endpoint: Endpoint) -> Endpoint:
            """Return the endpoint, without its source if the route leads elsewhere."""

    class TunWriter(Protocol):
        """Receives inner packets."""

        def write(self, packet: memoryview | bytes) -> None:
            """Write a packet to the TUN device."""


HEADER = TRANSPORT_HEADER_SIZE
_LARGEST = 65_535
BUFFER_SIZE = HEADER + _LARGEST + PADDING_MULTIPLE + TAG_SIZE


class _Peer:
    __slots__ = (
        "facts",
        "keypairs",
        "observed",
        "received_checked",
        "received_from",
        "requested_at",
        "source_checked",
    )

    def __init__(self) -> None:
        self.facts = Facts()
        self.keypairs = Keypairs()
        # Whether the next packet raises ACTIVE; when HANDSHAKE_NEEDED was last raised.
        self.observed = True
        self.requested_at = -REKEY_TIMEOUT
        # The endpoint of the last transport data, as it was received; when the source
        # addresses of the endpoint and of that one were checked, as generations of the
        # route monitor, 0 for never.
        self.received_from: tuple[Any, ...] = ()
        self.source_checked = 0
        self.received_checked = 0


class Transport:
    """The peers of a plane with their keypairs, allowed IPs and staged packets.

    ``clock`` returns the time in milliseconds.
    """

    def __init__(
        self,
        limits: Limits,
        clock: "Callable[[], int]",
        udp: "UdpSender",
        tun: "TunWriter",
    ) -> None:
        self._clock = clock
        self._udp_sender = udp
        self._tun_writer = tun
        self.mtu = DEFAULT_MTU
        self.outgoing = bytearray(BUFFER_SIZE)
        self.incoming = bytearray(BUFFER_SIZE)
        self._outgoing_view = memoryview(self.outgoing)
        self._incoming_view = memoryview(self.incoming)
        self._seal = InPlaceAead(self.outgoing).seal
        self._open = InPlaceAead(self.incoming).open
        self._peers: dict[int, _Peer] = {}
        self._by_index: dict[int, tuple[int, KeypairState]] = {}
        self._allowed_ips = AllowedIPs(limits.allowed_ips)
        self._staging = Staging(limits)
        self._handshake_filter = HandshakeFilter(crypto)
        self._icmp = IcmpSender(crypto, tun.write)
        self._sent_indices = SentIndices()
        self._events: list[Event] = []
        self.drops: dict[str, int] = {}

    # Calls of the protocol engine.

    def add_peer(self, peer_id: int) -> None:
        """Add a peer without endpoint, allowed IPs and keypairs.

        Raises:
            FileExistsError: the peer exists; it is unchanged.
        """
        if peer_id in self._peers:
            raise FileExistsError(errno.EEXIST, f"peer {peer_id} exists")
        self._peers[peer_id] = _Peer()

    def remove_peer(self, peer_id: int) -> None:
        """Remove a peer with its allowed IPs, keypairs and staged packets."""
        self.wipe_keypairs(peer_id)
        self.purge_staged(peer_id)
        self.disallow_all(peer_id)
        del self._peers[peer_id]

    def set_endpoint(self, peer_id: int, endpoint: "Endpoint") -> None:
        """Set the endpoint of a peer."""
        peer = self._peers[peer_id]
        if peer.facts.endpoint is None:
            # A handshake that was requested before had no destination.
            peer.requested_at = -REKEY_TIMEOUT
        peer.facts.endpoint = endpoint
        peer.source_checked = 0
        peer.received_checked = 0

    def record_handshake_sent(self, peer_id: int, size: int) -> None:
        """Record that a handshake message of ``size`` bytes was sent to a peer."""
        facts = self._peers[peer_id].facts
        facts.tx_bytes += size
        facts.record_sent(self._clock(), is_data=False)

    def record_handshake_received(
        self, peer_id: int, size: int, source: "Endpoint"
    ) -> None:
        """Record an authenticated handshake message; the peer moves to ``source``."""
        self.set_endpoint(peer_id, source)
        facts = self._peers[peer_id].facts
        facts.rx_bytes += size
        facts.record_received(self._clock(), is_data=False)

    def clear_source(self, peer_id: int) -> None:
        """Let the kernel choose the source address of datagrams to a peer."""
        peer = self._peers[peer_id]
        if peer.facts.endpoint is not None:
            peer.facts.endpoint = peer.facts.endpoint.without_source()
        # The next packet sets it again.
        peer.received_checked = 0

    def clear_sources(self) -> None:
        """Let the kernel choose the source address of datagrams to all peers."""
        for peer_id in self._peers:
            self.clear_source(peer_id)

    def allow(self, peer_id: int, allowed_ips: "Collection[AllowedIP]") -> None:
        """Assign allowed IPs to a peer, and take them from any other.

        Raises LimitError if the table is full; those before are assigned then.
        """
        for address, cidr in allowed_ips:
            self._allowed_ips.insert(address, cidr, peer_id)

    def disallow(self, peer_id: int, address: bytes, cidr: int) -> None:
        """Remove an allowed IP from a peer, if the peer has it."""
        self._allowed_ips.remove(address, cidr, peer_id)

    def disallow_all(self, peer_id: int) -> None:
        """Remove all allowed IPs of a peer."""
        self._allowed_ips.remove_peer(peer_id)

    def allowed_ips(
        self, peer_id: int, most: int = MOST_ALLOWED_IPS
    ) -> "Iterator[AllowedIP]":
        """Yield prefixes of a peer, ``(address, prefix length)``, at most so many."""
        for allowed_ip, _ in zip(self._allowed_ips.peer_prefixes(peer_id), range(most)):
            yield allowed_ip

    def allowed_ip_owners(
        self, allowed_ips: "Collection[AllowedIP]"
    ) -> list[int | None]:
        """Return the peer of each allowed IP, None for an unassigned one."""
        return [self._allowed_ips.owner(*allowed_ip) for allowed_ip in allowed_ips]

    def allowed_ip_count(self) -> int:
        """Return the number of allowed IPs of all peers."""
        return self._allowed_ips.count

    def install_keypair(
        self, peer_id: int, keypair: "Keypair", keep_next: bool
    ) -> None:
        """Install a new keypair; as initiator, send a packet to confirm it."""
        peer = self._peers[peer_id]
        peer.requested_at = -REKEY_TIMEOUT
        crypto.lock(keypair.send_key)
        crypto.lock(keypair.receive_key)
        state = KeypairState(keypair)
        before = peer.keypairs.all()
        peer.keypairs.install(state, keep_next)
        self._by_index[keypair.local_index] = (peer_id, state)
        self._wipe_replaced(before, peer.keypairs)
        if keypair.initiator:
            self.send_keepalive(peer_id)

    def expire_keypairs(self, peer_id: int) -> None:
        """Let the keypairs of a peer receive, but not send."""
        peer = self._peers[peer_id]
        for state in peer.keypairs.all():
            state.expired = True
        peer.requested_at = -REKEY_TIMEOUT

    def wipe_keypairs(self, peer_id: int) -> None:
        """Remove and overwrite all keypairs of a peer."""
        peer = self._peers[peer_id]
        before = peer.keypairs.all()
        peer.keypairs = Keypairs()
        peer.facts.reset_unanswered()
        peer.requested_at = -REKEY_TIMEOUT
        self._wipe_replaced(before, peer.keypairs)

    def has_index(self, index: int) -> bool:
        """Return whether a keypair receives under a local index."""
        return index in self._by_index

    def send_keepalive(self, peer_id: int) -> None:
        """Send the staged packets of a peer, or a keepalive if there are none."""
        if not self._staging.count(peer_id):
            self._stage(peer_id, b"")
        self.send_staged(peer_id)

    def send_staged(self, peer_id: int) -> None:
        """Send the staged packets of a peer, or request a handshake."""
        if not self._staging.count(peer_id):
            return
        peer = self._peers[peer_id]
        if peer.keypairs.sending_keypair(self._clock()) is None:
            self._request_handshake(peer_id, peer)
            return
        for data in self._staging.take(peer_id):
            self.outgoing[HEADER : HEADER + len(data)] = data
            self._send_to(peer_id, peer, len(data))

    def purge_staged(self, peer_id: int) -> None:
        """Drop the staged packets of a peer."""
        for _ in self._staging.take(peer_id):
            self._drop("no_keypair")

    def set_identity(self, public: bytes | None) -> None:
        """Set the public key of the interface, or None, for the handshake filter."""
        self._handshake_filter.set_identity(public)

    def set_cookie_secret(self, secret: "Bytes", made_at: int) -> None:
        """Set the cookie secret of the handshake filter."""
        self._handshake_filter.set_cookie_secret(secret, made_at)

    def expect_cookie(self, index: int) -> None:
        """Accept a cookie reply to the message that is sent under an index."""
        self._handshake_filter.expect_cookie(index)

    def observe(self, peer_id: int) -> Facts:
        """Return the facts of a peer; its next packet raises an ACTIVE event."""
        peer = self._peers[peer_id]
        peer.observed = True
        return peer.facts

    def facts(self, peer_id: int) -> Facts:
        """Return the facts of a peer."""
        return self._peers[peer_id].facts

    def port(self) -> int:
        """Return the UDP port that datagrams are sent from, 0 for none."""
        return 0

    def take_events(self) -> "list[Event]":
        """Remove and return the events so far; see ``dataplane.events``."""
        taken, self._events = self._events, []
        return taken

    def set_icmp_sockets(self, v4: int, v6: int) -> None:
        """Send ICMP errors on these raw sockets, -1 for none.

        They are of IPPROTO_RAW and of IPPROTO_ICMPV6, and stay the caller's. Without
        one, IPv4 errors are written to the TUN, and IPv6 errors are not sent.
        """
        self._icmp.set_sockets(v4, v6)

    def lock_keys(self) -> None:
        """Do nothing: ``install_keypair`` keeps each key out of swap."""

    def wipe(self) -> None:
        """Remove and overwrite the keypairs of all peers."""
        for peer_id in self._peers:
            self.wipe_keypairs(peer_id)

    # Sending.

    def send_packet(self, length: int) -> None:
        """Send the inner packet in ``outgoing``, which begins behind the header."""
        data = self._outgoing_view[HEADER : HEADER + length]
        parsed = packet.parse(data)
        if parsed is None:
            self._drop("not_ip")
            return
        if self._sent_indices.is_own(data, parsed, self.port()):
            self._drop("routing_loop")
            return
        peer_id = self._allowed_ips.lookup(data[parsed.destination])
        if peer_id is None or self._peers[peer_id].facts.endpoint is None:
            self._drop("no_peer" if peer_id is None else "no_endpoint")
            self._icmp.send_unreachable(data, parsed, self._clock())
            return
        self._send_to(peer_id, self._peers[peer_id], length)

    def _send_to(self, peer_id: int, peer: _Peer, length: int) -> None:
        now = self._clock()
        state = peer.keypairs.sending_keypair(now)
        if state is None or peer.facts.endpoint is None:
            self._stage(peer_id, bytes(self._outgoing_view[HEADER : HEADER + length]))
            self._request_handshake(peer_id, peer)
            return
        if self._transmit(peer, state, length):
            peer.facts.record_sent(now, length > 0)
        else:
            peer.facts.record_failed(now, length > 0)
        self._report_activity(peer_id, peer)
        if state.keypair.rekey_on_send(state.send_counter, now):
            self._request_handshake(peer_id, peer)

    def _stage(self, peer_id: int, data: bytes) -> None:
        if not self._staging.put(peer_id, data):
            self._drop("staging_full")

    def _transmit(self, peer: _Peer, state: KeypairState, length: int) -> bool:
        tos = self._tos(length)
        padded = self._pad(length)
        counter = state.send_counter
        state.send_counter = counter + 1
        index = state.keypair.remote_index
        struct.pack_into("<IIQ", self.outgoing, 0, MESSAGE_TRANSPORT, index, counter)
        self._seal(state.keypair.send_key, counter, HEADER, padded)
        size = HEADER + padded + TAG_SIZE
        self._sent_indices.add(self._outgoing_view[:size])
        facts = peer.facts
        assert facts.endpoint is not None
        if peer.source_checked != self._udp_sender.routes.generation:
            self._check_source(peer, facts.endpoint)
        is_sent, facts.endpoint = self._udp_sender.send(
            self._outgoing_view[:size], facts.endpoint, tos
        )
        facts.tx_bytes += size * is_sent
        return is_sent

    def _check_source(self, peer: _Peer, endpoint: "Endpoint") -> None:
        """Clear the source address if its route leads through another interface.

        That is the interface that the packets of the peer arrived on (linux).
        """
        routes = self._udp_sender.routes
        peer.source_checked = routes.generation
        if endpoint.source:
            peer.received_checked = routes.generation
            routes.record_lookup()
            peer.facts.endpoint = self._udp_sender.check_source(endpoint)

    def _tos(self, length: int) -> int:
        """Return the outer TOS: DSCP 0, and the ECN field of the inner packet."""
        if not length:
            return 0
        data = self._outgoing_view[HEADER : HEADER + length]
        return ecn.encapsulate(packet.traffic_class(data))

    def _pad(self, length: int) -> int:
        """Pad to a multiple of 16, but not beyond the MTU (linux)."""
        padded = -(-length // PADDING_MULTIPLE) * PADDING_MULTIPLE
        padded = max(length, min(padded, self.mtu))
        self.outgoing[HEADER + length : HEADER + padded] = bytes(padded - length)
        return padded

    # Receiving.

    def receive_transport(self, length: int, source: "Endpoint", tos: int) -> None:
        """Process the transport data message in ``incoming``."""
        if length < TRANSPORT_MIN_SIZE:
            self._drop("malformed")
            return
        _, index, counter = struct.unpack_from("<IIQ", self.incoming)
        peer_id, state = self._by_index.get(index, (0, None))
        if state is None:
            self._drop("unknown_index")
            return
        now = self._clock()
        keypair = state.keypair
        if counter >= REJECT_AFTER_MESSAGES or not keypair.alive(counter, now):
            self._drop("keypair_expired")
        elif not self._open(keypair.receive_key, counter, HEADER, length - HEADER):
            self._drop("not_authentic")
        elif not state.window.accept(counter):
            self._drop("replayed")
        else:
            self._packet_authenticated(peer_id, state, length, source, now)
            self._deliver(peer_id, length - TRANSPORT_MIN_SIZE, tos)

    def _packet_authenticated(
        self,
        peer_id: int,
        state: KeypairState,
        length: int,
        source: "Endpoint",
        now: int,
    ) -> None:
        peer = self._peers[peer_id]
        self._update_endpoint(peer, source)
        peer.facts.rx_bytes += length
        peer.facts.record_received(now, length > TRANSPORT_MIN_SIZE)
        self._report_activity(peer_id, peer)
        before = peer.keypairs.all()
        if peer.keypairs.confirm(state):
            self._wipe_replaced(before, peer.keypairs)
            self._events.append((events.KEY_CONFIRMED, peer_id))
            self.send_staged(peer_id)
        requested = state.rekey_requested
        if not requested and state.keypair.rekey_on_receive(now):
            state.rekey_requested = True
            self._request_handshake(peer_id, peer)

    def _update_endpoint(self, peer: _Peer, endpoint: "Endpoint") -> None:
        # A source address that was checked, and perhaps cleared, stays as it is while
        # packets keep coming the same way and no route changes.
        received_from = (*endpoint.remote(), endpoint.source, endpoint.interface)
        generation = self._udp_sender.routes.generation
        checked = peer.received_checked and peer.received_checked == generation
        if not checked or peer.received_from != received_from:
            peer.received_from = received_from
            peer.facts.endpoint = endpoint
            peer.source_checked = 0

    def _deliver(self, peer_id: int, length: int, outer_tos: int) -> None:
        if not length:
            return
        data = self._incoming_view[HEADER : HEADER + length]
        parsed = packet.parse(data)
        if parsed is None:
            self._drop("not_ip")
            return
        if self._allowed_ips.lookup(data[parsed.source]) != peer_id:
            self._drop("source_not_allowed")
            return
        inner = packet.traffic_class(data) & ecn.ECN_MASK
        merged = ecn.decapsulate(outer_tos, inner)
        if merged is None:
            self._drop("ecn_congestion")
            return
        if merged != inner:
            packet.set_ecn(data, merged)
        self._tun_writer.write(data[: parsed.length])

    # Bookkeeping.

    def _request_handshake(self, peer_id: int, peer: _Peer) -> None:
        # The engine retries by itself: more events within that time are redundant.
        now = self._clock()
        if now - peer.requested_at >= REKEY_TIMEOUT:
            peer.requested_at = now
            self._events.append((events.HANDSHAKE_NEEDED, peer_id))

    def _report_activity(self, peer_id: int, peer: _Peer) -> None:
        if peer.observed:
            peer.observed = False
            self._events.append((events.ACTIVE, peer_id))

    def _wipe_replaced(self, before: list[KeypairState], keypairs: Keypairs) -> None:
        kept = keypairs.all()
        for state in before:
            if state not in kept:
                self._by_index.pop(state.keypair.local_index, None)
                state.keypair.wipe()

    def _drop(self, reason: str) -> None:
        self.drops[reason] = self.drops.get(reason, 0) + 1
