"""Helpers for the tests of ``core``: seeded crypto functions, a recording data plane,
and devices whose datagrams are delivered explicitly.
"""

import struct

from pywg_embedded import crypto
from pywg_embedded.core import noise, tai64n
from pywg_embedded.core.config import InterfaceChange, PeerChange
from pywg_embedded.core.cookie import CookieMaker
from pywg_embedded.core.device import Device
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.core.errors import Drop
from pywg_embedded.core.facts import Facts
from pywg_embedded.core.keypair import Keypair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pywg_embedded.core.crypto import Bytes

# The start of the tests: milliseconds since boot, and nanoseconds since 1970.
NOW = 1_000_000
WALL = 1_700_000_000_000_000_000

# The X25519 points whose shared secret is zero with every private key.
LOW_ORDER_POINTS = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)


class SeededCrypto:
    """The crypto functions, with random bytes that depend on a seed.

    ``answers`` are returned first, each for a call of ``random`` with its size.
    """

    equal = staticmethod(crypto.equal)
    public_key = staticmethod(crypto.public_key)
    dh = staticmethod(crypto.dh)
    kdf = staticmethod(crypto.kdf)
    lock = staticmethod(crypto.lock)
    blake2s = staticmethod(crypto.blake2s)
    seal = staticmethod(crypto.seal)
    open_sealed = staticmethod(crypto.open_sealed)
    xseal = staticmethod(crypto.xseal)
    xopen = staticmethod(crypto.xopen)

    def __init__(self, seed: int, answers: "tuple[bytes, ...]" = ()) -> None:
        self._seed = seed
        self._drawn = 0
        self.scripted = list(answers)

    def random(self, size: int) -> bytearray:
        for position, answer in enumerate(self.scripted):
            if len(answer) == size:
                return bytearray(self.scripted.pop(position))
        self._drawn += 1
        digest = crypto.blake2s(struct.pack("<II", self._seed, self._drawn))
        return bytearray(digest[:size])

    def random_below(self, limit: int) -> int:
        return int.from_bytes(self.random(4), "little") % limit


class RecordingCrypto(SeededCrypto):
    """Records the buffers in which secrets are passed to the crypto functions."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.secrets: list[bytearray] = []
        # Results of dh.
        self.shared_secrets: list[bytearray] = []

    def public_key(self, private: "Bytes") -> bytes:
        return crypto.public_key(self._watch(private))

    def dh(self, private: "Bytes", public: "Bytes") -> bytearray | None:
        secret = crypto.dh(self._watch(private), public)
        if secret is not None:
            self.shared_secrets.append(secret)
        return secret

    def kdf(self, key: "Bytes", data: "Bytes", count: int) -> list[bytearray]:
        outputs = crypto.kdf(key, data, count)
        if data:  # else transport keys, which the data plane overwrites
            self.secrets += outputs
        return outputs

    def seal(
        self, key: "Bytes", nonce: bytes, plaintext: "Bytes", aad: "Bytes"
    ) -> bytes:
        return crypto.seal(self._watch(key), nonce, plaintext, aad)

    def open_sealed(
        self, key: "Bytes", nonce: bytes, ciphertext: "Bytes", aad: "Bytes"
    ) -> bytes | None:
        return crypto.open_sealed(self._watch(key), nonce, ciphertext, aad)

    def blake2s(self, data: "Bytes", key: "Bytes" = b"", size: int = 32) -> bytes:
        return crypto.blake2s(data, self._watch(key), size)

    def _watch(self, secret: "Bytes") -> "Bytes":
        if isinstance(secret, bytearray):
            self.secrets.append(secret)
        return secret

    def unwiped_secrets(self) -> list[bytearray]:
        """Return the buffers that were not overwritten, each once."""
        left: list[bytearray] = []
        for secret in self.secrets:
            if any(secret) and not any(secret is known for known in left):
                left.append(secret)
        return left


class LowOrderCrypto(SeededCrypto):
    """The X25519 of an attacker, which accepts all-zero shared secrets."""

    def dh(self, private: "Bytes", public: "Bytes") -> bytearray:
        return crypto.dh(private, public) or bytearray(32)


class Plane:
    """A data plane that records its calls; ``now`` is set by the test."""

    def __init__(self) -> None:
        self.now = NOW
        self.calls: list[tuple[Any, ...]] = []
        self.facts: dict[int, Facts] = {}
        self.keypairs: dict[int, list[Keypair]] = {}
        # Whether the network takes what is sent.
        self.can_send = True

    def calls_to(self, name: str) -> "list[tuple[Any, ...]]":
        """Return the arguments of each call of a function."""
        return [call[1:] for call in self.calls if call[0] == name]

    def add_peer(self, peer_id: int) -> None:
        self.calls.append(("add_peer", peer_id))
        self.facts[peer_id] = Facts()
        self.keypairs[peer_id] = []

    def remove_peer(self, peer_id: int) -> None:
        self.calls.append(("remove_peer", peer_id))
        del self.facts[peer_id]
        del self.keypairs[peer_id]

    def set_endpoint(self, peer_id: int, endpoint: Endpoint) -> None:
        self.facts[peer_id].endpoint = endpoint

    def record_handshake_sent(self, peer_id: int, size: int) -> None:
        self.calls.append(("record_handshake_sent", peer_id, size))
        self.facts[peer_id].record_sent(self.now, False)

    def record_handshake_received(
        self, peer_id: int, size: int, source: Endpoint
    ) -> None:
        self.calls.append(("record_handshake_received", peer_id, size))
        self.set_endpoint(peer_id, source)
        self.facts[peer_id].record_received(self.now, False)

    def clear_source(self, peer_id: int) -> None:
        self.calls.append(("clear_source", peer_id))

    def allow(self, peer_id: int, allowed_ips: "list[tuple[bytes, int]]") -> None:
        self.calls += [("allow", peer_id) + allowed_ip for allowed_ip in allowed_ips]

    def disallow(self, peer_id: int, address: bytes, cidr: int) -> None:
        self.calls.append(("disallow", peer_id, address, cidr))

    def disallow_all(self, peer_id: int) -> None:
        self.calls.append(("disallow_all", peer_id))

    def has_index(self, index: int) -> bool:
        installed = self.keypairs.values()
        return any(k.local_index == index for keypairs in installed for k in keypairs)

    def install_keypair(self, peer_id: int, keypair: Keypair, keep_next: bool) -> None:
        self.calls.append(("install_keypair", peer_id, keep_next))
        self.keypairs[peer_id].append(keypair)

    def expire_keypairs(self, peer_id: int) -> None:
        self.calls.append(("expire_keypairs", peer_id))

    def wipe_keypairs(self, peer_id: int) -> None:
        self.calls.append(("wipe_keypairs", peer_id))
        self.facts[peer_id].reset_unanswered()
        self.keypairs[peer_id] = []

    def send_keepalive(self, peer_id: int) -> None:
        self.calls.append(("send_keepalive", peer_id))
        if self.keypairs[peer_id]:
            facts = self.facts[peer_id]
            record = facts.record_sent if self.can_send else facts.record_failed
            record(self.now, False)

    def send_staged(self, peer_id: int) -> None:
        self.calls.append(("send_staged", peer_id))

    def purge_staged(self, peer_id: int) -> None:
        self.calls.append(("purge_staged", peer_id))

    def observe(self, peer_id: int) -> Facts:
        return self.facts[peer_id]

    def set_identity(self, public: bytes | None) -> None:
        self.calls.append(("set_identity", public))

    def set_cookie_secret(self, secret: "Bytes", made_at: int) -> None:
        self.calls.append(("set_cookie_secret", bytes(secret), made_at))

    def expect_cookie(self, index: int) -> None:
        self.calls.append(("expect_cookie", index))


class Side:
    """A device with key, plane and endpoint; the first peer has the id 0."""

    def __init__(self, side_id: int, crypto: SeededCrypto | None = None) -> None:
        self.crypto = crypto or SeededCrypto(side_id)
        self.plane = Plane()
        self.wall = WALL
        self.timestamps = tai64n.TimestampGenerator(lambda: self.wall)
        self.device = Device(self.crypto, self.plane, self.timestamps, 3)
        self.private = private_key(side_id)
        self.public = self.crypto.public_key(self.private)
        self.endpoint = endpoint(side_id)
        self.device.configure(change(private_key=self.private), NOW)
        self.device.interface_up(NOW)
        self.plane.calls.clear()

    def add_peer(self, peer: "Side", **values: "Any") -> None:
        """Add the other side as a peer."""
        values.setdefault("endpoint", peer.endpoint.remote())
        self.device.configure(change(peer_change(peer.public, **values)), NOW)

    def sent_datagrams(self) -> list[bytes]:
        """Return the datagrams that the device sends now, and record them as sent."""
        datagrams = []
        for data, _, peer_id in self.device.datagrams_to_send():
            datagrams.append(data)
            if peer_id is not None and self.plane.can_send:
                self.plane.record_handshake_sent(peer_id, len(data))
        return datagrams

    def receive(
        self,
        data: bytes,
        source: Endpoint,
        now: int = NOW,
        backlog: int = 0,
        filtered: bool = False,
    ) -> None:
        self.device.receive_datagram(data, source, now, backlog, filtered)

    def status(self, peer_id: int = 0, now: int = NOW) -> "dict[str, Any]":
        """Return the status of a peer."""
        peers = self.device.status(now)["peers"]
        found: dict[str, Any] = next(peer for peer in peers if peer["id"] == peer_id)
        return found

    def run(self, until: int) -> list[int]:
        """Fire all timers until a time, and return when initiations were sent."""
        initiations: list[int] = []
        for _ in range(1000):
            due = self.device.get_timer()
            if due is None or due > until:
                return initiations
            self.plane.now = max(due, self.plane.now)
            self.device.handle_timer(self.plane.now)
            initiations += [
                self.plane.now for data in self.sent_datagrams() if data[0] == 1
            ]
        raise AssertionError(f"timers do not stop: due at {due}, now {self.plane.now}")


def pair(
    first: SeededCrypto | None = None, second: SeededCrypto | None = None
) -> "list[Side]":
    """Return two sides that are peers of each other."""
    a, b = Side(1, first), Side(2, second)
    a.add_peer(b)
    b.add_peer(a)
    return [a, b]


def deliver(sender: Side, receiver: Side, now: int = NOW, backlog: int = 0) -> None:
    """Deliver the datagrams of one side to the other."""
    for data in sender.sent_datagrams():
        receiver.receive(data, sender.endpoint, now, backlog)


def complete_handshake(initiator: Side, responder: Side, now: int = NOW) -> None:
    """Run a whole handshake, including key confirmation."""
    initiator.device.handshake_needed(0, now)
    deliver(initiator, responder, now)
    deliver(responder, initiator, now)
    responder.device.key_confirmed(0, now)


def established_pair(now: int = NOW) -> "list[Side]":
    """Return two sides with a session, which the first initiated."""
    a, b = pair()
    complete_handshake(a, b, now)
    return [a, b]


def make_initiation(
    sender: Side, responder: bytes, nanoseconds: int, index: int = 1
) -> bytes:
    """Return an initiation with this timestamp, and mac1."""
    jar = CookieMaker(sender.crypto, responder)
    return jar.add_macs(
        sender.crypto,
        initiation_without_macs(sender, responder, nanoseconds, index),
        NOW,
    )


def initiation_without_macs(
    sender: Side, responder: bytes, nanoseconds: int, index: int = 1
) -> bytes:
    """Return an initiation with this timestamp, and both macs zero."""
    crypto = sender.crypto
    identity = noise.Identity(crypto, sender.private)
    remote = responder, crypto.dh(sender.private, responder)
    stamp = tai64n.encode(nanoseconds)
    return noise.create_initiation(crypto, identity, remote, index, stamp)[1]


def private_key(side_id: int) -> bytes:
    """Return a private key, clamped by RFC 7748."""
    return bytes((side_id & 248,)) + bytes((side_id,)) * 30 + bytes((side_id | 64,))


def endpoint(side_id: int, port: int = 51820) -> Endpoint:
    return Endpoint(bytes((192, 0, 2, side_id)), port)


def change(*peers: PeerChange, **values: "Any") -> InterfaceChange:
    result = InterfaceChange()
    result.peers.extend(peers)
    for name, value in values.items():
        setattr(result, name, value)
    return result


def peer_change(public_key: bytes, **values: "Any") -> PeerChange:
    section = PeerChange(public_key)
    for name, value in values.items():
        setattr(section, name, value)
    return section


def flip_bit(data: bytes, position: int) -> bytes:
    """Return a copy with one bit changed."""
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


def drop_reason_of(function: "Callable[..., object]", *arguments: object) -> str | None:
    """Return the drop reason that a call raises, or None."""
    try:
        function(*arguments)
    except Drop as drop:
        return str(drop.args[0])
    return None
