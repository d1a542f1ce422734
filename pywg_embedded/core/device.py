"""The protocol engine of one interface.

1. No call blocks, reads a clock, or uses a socket: ``now`` is an argument, keypairs are
   installed in and wiped from the data plane that is handed in, and the caller fetches
   what is to be sent by ``datagrams_to_send``.
2. No received datagram raises an exception at the caller; drops are counted by reason.
3. No message is answered, and no state of it kept, before it is authenticated.
"""

from . import messages, noise, tai64n, timers
from .config import ZERO_KEY, clamp, same_private_key
from .constants import (
    INITIATIONS_PER_SECOND,
    MESSAGE_COOKIE_REPLY,
    MESSAGE_INITIATION,
    MESSAGE_RESPONSE,
    REKEY_ATTEMPT_TIME,
    REKEY_TIMEOUT,
    REKEY_TIMEOUT_JITTER,
)
from .endpoint import Endpoint
from .errors import Drop
from .handshake_filter import HandshakeFilter
from .peer import Peer
from .peers import Peers
from .secret import overwrite, wipe
from .timer_queue import TimerQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from .config import AllowedIP, InterfaceChange, PeerChange
    from .crypto import Bytes, Crypto
    from .facts import Facts
    from .keypair import Keypair

    class Plane(Protocol):
        """The functions of a data plane that the engine calls."""

        def add_peer(self, peer_id: int) -> None:
            """Add a peer without endpoint, allowed IPs and keypairs."""

        def remove_peer(self, peer_id: int) -> None:
            """Remove a peer with its allowed IPs, keypairs and staged packets."""

        def set_endpoint(self, peer_id: int, endpoint: Endpoint) -> None:
            """Set the endpoint of a peer."""

        def record_handshake_received(
            self, peer_id: int, size: int, source: Endpoint
        ) -> None:
            """Record an authenticated handshake message; the peer moves to source."""

        def clear_source(self, peer_id: int) -> None:
            """Let the kernel choose the source address of datagrams to a peer."""

        def allow(self, peer_id: int, allowed_ips: list[AllowedIP]) -> None:
            """Assign allowed IPs to a peer, and take them from any other."""

        def disallow(self, peer_id: int, address: bytes, cidr: int) -> None:
            """Remove an allowed IP from a peer, if the peer has it."""

        def disallow_all(self, peer_id: int) -> None:
            """Remove all allowed IPs of a peer."""

        def has_index(self, index: int) -> bool:
            """Return whether a keypair receives under a local index."""

        def install_keypair(
            self, peer_id: int, keypair: Keypair, keep_next: bool
        ) -> None:
            """Install a new keypair; as initiator, send a packet to confirm it."""

        def expire_keypairs(self, peer_id: int) -> None:
            """Let the keypairs of a peer receive, but not send."""

        def wipe_keypairs(self, peer_id: int) -> None:
            """Remove and overwrite all keypairs of a peer."""

        def send_keepalive(self, peer_id: int) -> None:
            """Send the staged packets of a peer, or a keepalive if there are none."""

        def send_staged(self, peer_id: int) -> None:
            """Send the staged packets of a peer, or request a handshake."""

        def purge_staged(self, peer_id: int) -> None:
            """Drop the staged packets of a peer."""

        def observe(self, peer_id: int) -> Facts:
            """Return the facts of a peer; its next packet raises an ACTIVE event."""

        def set_identity(self, public: bytes | None) -> None:
            """Set the public key, or None, for the handshake filter."""

        def set_cookie_secret(self, secret: Bytes, made_at: int) -> None:
            """Set the cookie secret of the handshake filter."""

        def expect_cookie(self, index: int) -> None:
            """Accept a cookie reply to the message that is sent under an index."""


class Device:
    """One WireGuard interface.

    ``plane`` is the data plane, ``timestamps`` makes the timestamps of initiations.
    Every ``now`` is in milliseconds, on a clock that runs during suspend
    (CLOCK_BOOTTIME).
    """

    def __init__(
        self,
        crypto: "Crypto",
        plane: "Plane",
        timestamps: tai64n.TimestampGenerator,
        max_peers: int,
    ) -> None:
        self._crypto = crypto
        self._plane = plane
        self._timestamps = timestamps
        self._identity: noise.Identity | None = None
        self._handshake_filter = HandshakeFilter(crypto, plane.set_cookie_secret)
        self._up = False
        self.peers = Peers(crypto, max_peers)
        self._timers = TimerQueue()
        self._datagrams: list[tuple[bytes, Endpoint, int | None]] = []
        self.drops: dict[str, int] = {}

    # Output.

    def datagrams_to_send(self) -> "list[tuple[bytes, Endpoint, int | None]]":
        """Return the handshake messages and cookie replies to send since the last call.

        Each comes with the endpoint to send it to, and with the id of the peer that the
        data plane records it for once it is sent; None for cookie replies.
        """
        datagrams, self._datagrams = self._datagrams, []
        return datagrams

    def get_timer(self) -> int | None:
        """Return when to call ``handle_timer``, in milliseconds, or None."""
        return self._timers.next() if self._up else None

    # Input.

    def receive_datagram(
        self,
        data: bytes,
        source: "Endpoint",
        now: int,
        backlog: int = 0,
        filtered: bool = False,
    ) -> None:
        """Process a received datagram that is not transport data.

        ``backlog`` is the number of handshake messages that wait behind it. Pass
        ``filtered=True`` if the data plane has run its handshake filter on the
        datagram: its macs are not computed again.
        """
        self._handshake_filter.update_load(backlog, now)
        try:
            kind, fields = messages.parse(data)
            identity = self._filter(data, source, now, backlog, filtered)
            _RECEIVERS[kind](self, identity, data, fields, source, now)
        except Drop as drop:
            reason = drop.args[0]
            self.drops[reason] = self.drops.get(reason, 0) + 1

    def handshake_needed(self, peer_id: int, now: int) -> None:
        """Begin a handshake: there is data to send, and no keypair or an old one."""
        peer = self.peers.with_id(peer_id)
        if peer is not None and self._up:
            self._request_handshake(peer, now)
            self._update_timer(peer, now)

    def rekey(self, peer_id: int, now: int) -> None:
        """Begin a handshake at once, whatever the state of the peer."""
        peer = self.peers.with_id(peer_id)
        if peer is not None and self._up:
            self._clear_handshake(peer)
            peer.handshake_sent_at = 0
            self._request_handshake(peer, now)
            self._update_timer(peer, now)

    def key_confirmed(self, peer_id: int, now: int) -> None:
        """Process the first packet received under a keypair derived as responder."""
        peer = self.peers.with_id(peer_id)
        if peer is not None:
            self._session_established(peer, now)
            self._update_timer(peer, now)

    def peer_active(self, peer_id: int, now: int) -> None:
        """Process the first packet sent or received since ``observe``."""
        peer = self.peers.with_id(peer_id)
        if peer is not None:
            when = now + timers.delay_after_activity(peer)
            self._timers.schedule(peer_id, when)

    def handle_timer(self, now: int) -> None:
        """Fire the timers that are due."""
        if not self._up:
            return
        for peer_id in self._timers.pop_due(now):
            peer = self.peers.with_id(peer_id)
            if peer is None:
                continue
            facts = self._plane.observe(peer_id)
            for name, deadline, act in _TIMERS:
                due = deadline(peer, facts)
                if due is not None and due <= now and peer.fired.get(name) != due:
                    peer.fired[name] = due
                    act(self, peer, now)
            self._update_timer(peer, now)

    def interface_up(self, now: int) -> None:
        """Start: the interface was set up."""
        self._up = True
        for peer in self.peers:
            # Requests of the data plane were ignored while down: let it repeat them.
            self._plane.expire_keypairs(peer.id)
            self._send_initial_keepalive(peer)
            self._update_timer(peer, now)

    def interface_down(self, now: int) -> None:
        """Stop: the interface was set down; wipe all keypairs, keep all peers."""
        self._up = False
        for peer in self.peers:
            self._clear_handshake(peer)
            peer.handshake_requested_at = 0
            peer.handshake_sent_at = 0
            self._end_session(peer, now)
            self._plane.purge_staged(peer.id)

    def configure(self, change: "InterfaceChange", now: int) -> None:
        """Apply a change; keypairs that it does not concern stay in use.

        Raises LimitError, with nothing changed, if there would be too many peers.
        ``listen_port`` and ``fwmark`` are ignored here: they belong to the data plane.
        """
        self._check_peer_limit(change)
        if change.private_key is not None:
            self._set_private_key(change.private_key, now)
        if change.replace_peers:
            named = {peer.public_key for peer in change.peers}
            for peer in self.peers:
                if peer.public_key not in named:
                    self._remove_peer(peer)
        replaced = self.peers.keys() if change.replace_peers else set()
        for peer_change in change.peers:
            reset = peer_change.public_key in replaced
            replaced.discard(peer_change.public_key)
            self._configure_peer(peer_change, reset, now)

    def status(self, now: int) -> "dict[str, Any]":
        """Return the state; secrets are the buffers in use, and are not copied.

        ``last_handshake_at`` of a peer is on the clock of ``now``, 0 for never.
        """
        identity = self._identity
        return {
            "private_key": self.private_key(),
            "public_key": identity.public if identity else ZERO_KEY,
            "under_load": self._handshake_filter.under_load(now),
            "drops": dict(self.drops),
            "peers": [_peer_status(peer) for peer in self.peers],
        }

    def public_key(self, private: "Bytes | None" = None) -> bytes | None:
        """Return the public key of the interface, or of ``private``; None for none."""
        if private is None:
            return self._identity.public if self._identity else None
        return None if private == ZERO_KEY else self._crypto.public_key(private)

    def private_key(self) -> "Bytes":
        """Return the private key of the interface, all zero for none.

        It is the buffer in use, which is overwritten when the key is replaced.
        """
        return self._identity.private if self._identity else ZERO_KEY

    def lock_secrets(self) -> bool:
        """Keep the keys of the interface and of all peers out of swap.

        Those that follow are locked as they come; a child process inherits no lock.
        Return whether the system allows it.
        """
        secrets = [peer.preshared_key for peer in self.peers]
        secrets += [peer.static_static for peer in self.peers if peer.static_static]
        if self._identity is not None:
            secrets.append(self._identity.private)
        locked = [self._crypto.lock(secret) for secret in secrets]
        return all(locked)

    def close(self) -> None:
        """Overwrite every secret here; the data plane overwrites its own."""
        for peer in self.peers:
            peer.wipe()
        if self._identity is not None:
            wipe(self._identity.private)
        self._publish_identity(None)

    # Receiving.

    def _receive_initiation(
        self,
        identity: noise.Identity,
        data: bytes,
        fields: "tuple[Any, ...]",
        source: "Endpoint",
        now: int,
    ) -> None:
        sender, ephemeral, static, stamp, _, _ = fields
        received = noise.read_initiation(
            self._crypto, identity, sender, ephemeral, static
        )
        try:
            peer = self._authenticate(received, stamp, now)
        except Drop:
            received.state.wipe()
            raise
        peer.greatest_timestamp = received.timestamp
        peer.initiation_received_at = now
        self._plane.record_handshake_received(peer.id, len(data), source)
        self._send_response(peer, received, source, now)
        self._update_timer(peer, now)

    def _authenticate(
        self, received: noise.ReceivedInitiation, stamp: bytes, now: int
    ) -> Peer:
        peer = self.peers.with_key(received.static)
        if peer is None:
            raise Drop("unknown_peer")
        noise.authenticate_initiation(received, peer.static_static, stamp)
        if received.timestamp <= peer.greatest_timestamp:
            raise Drop("initiation_replayed")
        if peer.initiation_received_at > now - 1000 // INITIATIONS_PER_SECOND:
            raise Drop("initiation_rate_limited")
        return peer

    def _send_response(
        self,
        peer: Peer,
        received: noise.ReceivedInitiation,
        source: "Endpoint",
        now: int,
    ) -> None:
        index = self._new_index(peer)
        keypair, message = noise.create_response(
            self._crypto, received, peer.preshared_key, index, now
        )
        self.peers.release_index(peer.response_index)
        peer.response_index = index
        self._install_keypair(peer, keypair, now)
        self._send_handshake_message(peer, index, message, source, now)

    def _receive_response(
        self,
        identity: noise.Identity,
        data: bytes,
        fields: "tuple[Any, ...]",
        source: "Endpoint",
        now: int,
    ) -> None:
        sender, receiver, ephemeral, nothing, _, _ = fields
        peer = self.peers.with_index(receiver)
        if peer is None or peer.handshake is None:
            raise Drop("unknown_index")
        if peer.handshake.local_index != receiver:
            raise Drop("unknown_index")
        keypair = noise.consume_response(
            self._crypto,
            identity,
            peer.handshake,
            peer.preshared_key,
            (sender, ephemeral, nothing),
            now,
        )
        self._plane.record_handshake_received(peer.id, len(data), source)
        self._install_keypair(peer, keypair, now)
        self._session_established(peer, now)
        self._update_timer(peer, now)

    def _receive_cookie_reply(
        self,
        identity: noise.Identity,
        data: bytes,
        fields: "tuple[Any, ...]",
        source: "Endpoint",
        now: int,
    ) -> None:
        # A cookie reply does not prove that the peer is alive, or its endpoint: anyone
        # who saw the message and knows the peer's public key can send one. The endpoint
        # stays unchanged.
        peer = self.peers.with_index(fields[0])
        if peer is None or not peer.cookies.expects_reply(fields[0]):
            raise Drop("unknown_index")
        peer.cookies.receive(self._crypto, fields, now)

    def _filter(
        self, data: bytes, source: "Endpoint", now: int, backlog: int, filtered: bool
    ) -> noise.Identity:
        if self._identity is None:
            raise Drop("no_identity")
        if not self._up:
            raise Drop("interface_down")
        if filtered:
            reply = self._handshake_filter.check_filtered(data, source, now)
        else:
            reply = self._handshake_filter.check(data, source, backlog, now)
        if reply is not None:
            self._datagrams.append((reply, source, None))
            raise Drop("cookie_required")
        return self._identity

    # Handshakes.

    def _request_handshake(self, peer: Peer, now: int) -> None:
        peer.handshake_requested_at = now
        sent_at = peer.handshake_sent_at
        waited = not sent_at or now - sent_at >= REKEY_TIMEOUT
        if peer.handshake is None and waited:
            self._send_initiation(peer, now)

    def _send_initiation(self, peer: Peer, now: int) -> None:
        endpoint = self._plane.observe(peer.id).endpoint
        self._clear_handshake(peer)
        if self._identity is None or peer.static_static is None or endpoint is None:
            return
        index = self._new_index(peer)
        peer.last_timestamp_sent = self._timestamps.after(peer.last_timestamp_sent)
        peer.handshake, message = noise.create_initiation(
            self._crypto,
            self._identity,
            (peer.public_key, peer.static_static),
            index,
            tai64n.encode(peer.last_timestamp_sent),
        )
        peer.initiations_unanswered += 1
        peer.initiation_sent_at = now
        random = int.from_bytes(self._crypto.random(4), "little")
        peer.jitter = random % (REKEY_TIMEOUT_JITTER + 1)
        self._send_handshake_message(peer, index, message, endpoint, now)

    def _retry_handshake(self, peer: Peer, now: int) -> None:
        if now - peer.handshake_requested_at >= REKEY_ATTEMPT_TIME:
            self._clear_handshake(peer)
            peer.handshake_requested_at = 0
            self._plane.purge_staged(peer.id)
            return
        # The source address may have become invalid.
        self._plane.clear_source(peer.id)
        self._send_initiation(peer, now)

    def _replace_dead_session(self, peer: Peer, now: int) -> None:
        self._plane.clear_source(peer.id)
        self._request_handshake(peer, now)

    def _clear_handshake(self, peer: Peer) -> None:
        if peer.handshake is not None:
            self.peers.release_index(peer.handshake.local_index)
        peer.wipe_handshake()

    def _install_keypair(self, peer: Peer, keypair: "Keypair", now: int) -> None:
        # When both sides initiate at the same time, both handshakes complete. The side
        # with the greater key keeps its own keypair; the other side keeps that of its
        # peer in the slot "next".
        identity = self._identity
        keep_next = identity is not None and peer.public_key > identity.public
        peer.session_created_at = now
        self._plane.install_keypair(peer.id, keypair, keep_next)

    def _session_established(self, peer: Peer, now: int) -> None:
        self._clear_handshake(peer)
        peer.handshake_requested_at = 0
        peer.initiations_unanswered = 0
        peer.last_handshake_at = now

    def _send_handshake_message(
        self, peer: Peer, index: int, message: bytes, endpoint: "Endpoint", now: int
    ) -> None:
        datagram = peer.cookies.add_macs(self._crypto, message, now)
        peer.handshake_sent_at = now
        self._handshake_filter.expect_cookie(index)
        self._plane.expect_cookie(index)
        self._datagrams.append((datagram, endpoint, peer.id))

    # Timers.

    def _send_keepalive(self, peer: Peer, now: int) -> None:
        self._plane.send_keepalive(peer.id)

    def _end_session(self, peer: Peer, now: int) -> None:
        # A handshake that is in progress goes on.
        self.peers.release_index(peer.response_index)
        peer.response_index = None
        peer.session_created_at = 0
        peer.cookies.wipe()
        self._plane.wipe_keypairs(peer.id)

    def _update_timer(self, peer: Peer, now: int) -> None:
        """Schedule the peer for its earliest deadline that has not fired yet."""
        facts = self._plane.observe(peer.id)
        for name, deadline, _ in _TIMERS:
            due = deadline(peer, facts)
            if due is not None and peer.fired.get(name) != due:
                self._timers.schedule(peer.id, due)

    def _new_index(self, peer: Peer) -> int:
        while True:
            index = int.from_bytes(self._crypto.random(4), "little")
            if not self.peers.with_index(index) and not self._plane.has_index(index):
                self.peers.claim_index(peer, index)
                return index

    # Configuration.

    def _check_peer_limit(self, change: "InterfaceChange") -> None:
        count = 0 if change.replace_peers else len(self.peers)
        exists: dict[bytes, bool] = {}
        for peer in change.peers:
            key = peer.public_key
            kept = not change.replace_peers and self.peers.with_key(key) is not None
            before = exists.get(key, kept)
            exists[key] = not peer.remove and (before or not peer.update_only)
            count += exists[key] - before
        self.peers.check_limit(count)

    def _set_private_key(self, private: "Bytes", now: int) -> None:
        old = self._identity
        if same_private_key(private, self.private_key()):
            return
        if private == ZERO_KEY:
            self._identity = None
            self._publish_identity(None)
        else:
            self._identity = noise.Identity(self._crypto, private)
            clamp(self._identity.private)
            self._publish_identity(self._identity.public)
            same_key = self.peers.with_key(self._identity.public)
            if same_key is not None:
                self._remove_peer(same_key)
        if old is not None:
            wipe(old.private)
        for peer in self.peers:
            self._apply_identity(peer, now)

    def _publish_identity(self, public: bytes | None) -> None:
        self._handshake_filter.set_identity(public)
        self._plane.set_identity(public)

    def _apply_identity(self, peer: Peer, now: int) -> None:
        self._clear_handshake(peer)
        self._precompute_static_static(peer)
        self._plane.expire_keypairs(peer.id)
        # The next packet begins a handshake, even right after another one (linux). Not
        # this change: the peer may not know the new public key yet.
        peer.handshake_sent_at = 0
        if not self._up:
            return
        self._plane.send_staged(peer.id)
        if peer.handshake_requested_at:
            self._request_handshake(peer, now)
        self._update_timer(peer, now)

    def _precompute_static_static(self, peer: Peer) -> None:
        wipe(peer.static_static)
        peer.static_static = None
        if self._identity is not None:
            secret = self._crypto.dh(self._identity.private, peer.public_key)
            if secret is not None:
                self._crypto.lock(secret)
            peer.static_static = secret

    def _configure_peer(self, change: "PeerChange", reset: bool, now: int) -> None:
        peer = self.peers.with_key(change.public_key)
        if change.remove:
            if peer is not None:
                self._remove_peer(peer)
            return
        if peer is None:
            peer = self._add_peer(change)
        if peer is None:
            return
        preshared_key, keepalive = change.preshared_key, change.persistent_keepalive
        if reset:
            preshared_key = preshared_key or ZERO_KEY
            keepalive = keepalive or 0
        if preshared_key is not None:
            overwrite(peer.preshared_key, preshared_key)
        self._configure_plane(peer, change, reset)
        switched_on = bool(keepalive) and not peer.persistent_keepalive
        if keepalive is not None:
            peer.persistent_keepalive = keepalive
        if switched_on or change.endpoint is not None:
            self._send_initial_keepalive(peer)
        self._update_timer(peer, now)

    def _configure_plane(self, peer: Peer, change: "PeerChange", reset: bool) -> None:
        if change.endpoint is not None:
            self._plane.set_endpoint(peer.id, Endpoint(*change.endpoint))
        if reset or change.replace_allowed_ips:
            self._plane.disallow_all(peer.id)
        assigned = []
        for allowed_ip, allowed in change.allowed_ips.items():
            if allowed:
                assigned.append(allowed_ip)
            else:
                self._plane.disallow(peer.id, *allowed_ip)
        if assigned:
            self._plane.allow(peer.id, assigned)

    def _send_initial_keepalive(self, peer: Peer) -> None:
        if self._up:
            if peer.persistent_keepalive:
                self._plane.send_keepalive(peer.id)
            self._plane.send_staged(peer.id)

    def _add_peer(self, change: "PeerChange") -> Peer | None:
        if change.update_only or change.public_key == self.public_key():
            return None
        peer = self.peers.add(change.public_key)
        self._precompute_static_static(peer)
        self._plane.add_peer(peer.id)
        return peer

    def _remove_peer(self, peer: Peer) -> None:
        if peer.last_timestamp_sent:
            self._timestamps.raise_floor(peer.last_timestamp_sent)
        self._timers.forget(peer.id)
        self._datagrams = [row for row in self._datagrams if row[2] != peer.id]
        self._plane.remove_peer(peer.id)
        self.peers.remove(peer)


def _peer_status(peer: Peer) -> "dict[str, Any]":
    return {
        "id": peer.id,
        "public_key": peer.public_key,
        "preshared_key": peer.preshared_key,
        "persistent_keepalive": peer.persistent_keepalive,
        "last_handshake_at": peer.last_handshake_at,
        "initiations_unanswered": peer.initiations_unanswered,
    }


_RECEIVERS = {
    MESSAGE_INITIATION: Device._receive_initiation,
    MESSAGE_RESPONSE: Device._receive_response,
    MESSAGE_COOKIE_REPLY: Device._receive_cookie_reply,
}

# name, deadline, action
_TIMERS = (
    ("wipe session", timers.session_expiry, Device._end_session),
    ("retry handshake", timers.retry_handshake, Device._retry_handshake),
    ("begin handshake", timers.begin_handshake, Device._send_initiation),
    ("dead session", timers.replace_dead_session, Device._replace_dead_session),
    ("passive keepalive", timers.passive_keepalive, Device._send_keepalive),
    ("persistent keepalive", timers.persistent_keepalive, Device._send_keepalive),
)
