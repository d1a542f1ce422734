"""Random steps for a plane, chosen by a seed, for comparison with another plane.

A step is the name of one of ``PlaneHarness``'s methods, and its arguments.
"""

import random
import struct
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from pywg_embedded.core.constants import REJECT_AFTER_MESSAGES, REPLAY_WINDOW_SIZE
from pywg_embedded.core.endpoint import Endpoint
from tests.dataplane.handshakes import PUBLIC, cookie_of, cookie_reply, message
from tests.dataplane.large import ACK, CWR, DF, ECE, FIN, PSH, TCP, UDP, Large
from tests.dataplane.packets import address, ip, ipv4, ipv6, prefix
from tests.dataplane.rig import RemoteSession, RemoteSocket

from .plane_harness import HOSTS, OVERSIZE, IncomingBurst

PEERS = range(5)
# The id of a session is one byte.
NUMBERS = 150
# Time steps, and ages of keypairs, in milliseconds.
SHORT = (1, 10, 999, 1_000, 4_999, 5_000)
LONG = (10_000, 15_001, 60_000, 119_999, 120_000, 165_000, 180_000)
AGES = (1, 119_999, 120_000, 164_999, 165_000, 179_999, 180_000, 200_000)
MTUS = (0, 576, 1280, 1419, 1420, 1500, 9000)
# Public keys of the interface, and ages of cookie secrets.
IDENTITIES = (PUBLIC, bytes(reversed(PUBLIC)))
SECRET_AGES = (0, 1, 60_000, 119_000, 119_999, 120_000)
# More messages than make load, and than one burst receives.
CROWD = 600
# Types and sizes of handshake messages, valid and invalid.
MESSAGES = ((1, 148), (2, 92), (3, 64), (1, 149), (4, 64))
PROTOCOLS = (1, 6, 17, 58, 59)
LIMITS = (REJECT_AFTER_MESSAGES - 1, REJECT_AFTER_MESSAGES, 2**64 - 1, 2**63)
JUMPS = (2, 63, 64, 65, 8_127, 8_128, 8_192, 2**32)
SIZES = (0, 1, 3, 4, 16, 31, 32, 33, 148, 149, 1452, 65_507)
ODD_ADDRESSES = ("0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "9.9.9.9")
# Source addresses by family; the last is not an address of the machine.
SOURCES = {
    4: (b"", b"", b"\x7f\0\0\x04", b"\xc0\x00\x02\x63"),
    16: (b"", b"", bytes(15) + b"\1", b"\x20\x01\x0d\xb8" + bytes(12)),
}

Step = tuple[Any, ...]


class SessionState:
    """A keypair: its peer, its remote end, and the greatest counter so far."""

    def __init__(self, peer: int, session_id: int) -> None:
        self.peer = peer
        self.end = RemoteSession(session_id)
        self.greatest = -1


class PacketGenerator:
    """Random IP packets between peers; peer N has 10.N/16 and fd0N::/16."""

    def __init__(self, rng: random.Random, with_large: bool) -> None:
        self._random = rng
        self._with_large = with_large

    def burst(self, is_taken: Callable[[bytes], bool]) -> list[bytes | Large]:
        """Return packets to write at once; ``is_taken`` tells routable addresses."""
        if self._random.random() < 0.08:
            large = self.large()
            if is_taken(address(large.ends()[1])):
                return [large, *self._some(1), large]
        return self._some(self._random.choice((1, 1, 1, 2, 3, 25)))

    def _some(self, count: int) -> list[bytes | Large]:
        if self._with_large and self._random.random() < 0.02:
            size = self._random.choice((2_025, 9_000, 40_000, OVERSIZE))
            return [ipv4("10.9.0.1", self.address(4), bytes(size - 20))]
        if count == 25 and self._random.random() < 0.5:
            # Equal packets, as in a flow.
            return [self.packet()] * count
        return [self.packet() for _ in range(count)]

    def large(self, source: int | None = None) -> Large:
        """Return a large TCP or UDP packet."""
        version = self._random.choice((4, 6))
        size = self._random.choice((16, 100, 555, 1_200, 1_387))
        flags = ACK | self._random.choice((0, 0, PSH, FIN, ECE, CWR | PSH))
        return Large(
            version,
            self._random.choice((TCP, UDP)),
            size,
            size + self._random.randrange(1, 12 * size),
            flags,
            self._random.choice((b"", b"\1\1\x08\x0a" + b"stampecr")),
            self._random.choice((0, 65_530)),
            self._random.choice((0, DF)),
            (self.address(version, source), self.address(version)),
        )

    def address(self, version: int, peer: int | None = None) -> str:
        """Return an address, usually of ``peer`` or of a random peer."""
        if peer is None:
            peer = self._random.randrange(len(PEERS) + 1)
        low = self._random.randrange(4)
        if self._random.random() < 0.03:
            odd = [a for a in ODD_ADDRESSES if (":" in a) == (version == 6)]
            return self._random.choice(odd)
        return f"10.{peer}.{low}.{low + 1}" if version == 4 else f"fd0{peer}::{low}"

    def packet(self, source: int | None = None) -> bytes:
        """Return a packet, sometimes invalid, from an address of ``source``."""
        version = self._random.choice((4, 4, 6))
        ends = self.address(version, source), self.address(version)
        tos, protocol = self._random.randrange(256), self._random.choice(PROTOCOLS)
        payload = self._payload(protocol)
        if version == 6:
            packet = ipv6(*ends, payload, tos=tos, protocol=protocol)
        else:
            fragment = self._random.choice((0, 0, 0, 0x4000, 0x2000, 5))
            options = bytes(self._random.choice((0, 0, 0, 4, 40)))
            packet = ipv4(
                *ends,
                payload,
                tos=tos,
                fragment=fragment,
                protocol=protocol,
                options=options,
            )
        return self.broken(packet) if self._random.random() < 0.1 else packet

    def _payload(self, protocol: int) -> bytes:
        size = self._random.choice((0, 1, 7, 8, 20, 21, 64, 555, 1_200, 1_400))
        data = self._random.randbytes(size)
        if protocol in (1, 58):
            return bytes([self._random.choice((0, 3, 8, 11, 13, 128, 135))]) + data
        if protocol == 17:
            return struct.pack(">HHHH", 53, 5353, 8 + size, 1) + data
        if protocol == 6:
            return struct.pack(">HHIIBBHHH", 80, 90, 1, 2, 0x50, 0x10, 9, 1, 0) + data
        return data

    def broken(self, data: bytes) -> bytes:
        """Return an invalid variant of the data, never empty."""
        at = self._random.randrange(len(data))
        return self._random.choice(
            (
                data[: at + 1],
                data[: self._random.randint(1, min(60, len(data)))],
                data + self._random.randbytes(self._random.randint(1, 40)),
                data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :],
                bytes([data[0] ^ 1 << at % 8]) + data[1:],
                self._random.randbytes(at + 1),
            )
        )


class StepGenerator:
    """Chooses random steps, and keeps the state that they depend on."""

    def __init__(
        self,
        seed: int,
        with_large: bool,
        remotes: list[RemoteSocket],
        oracle: Any,
    ) -> None:
        self._random = random.Random(seed)
        self._packets = PacketGenerator(self._random, with_large)
        self._remotes = remotes
        self._has_index = oracle.has_index
        self._is_taken = oracle.takes
        self._has_sent = oracle.has_sent
        self._last_session_id = 0
        self._peers: set[int] = set()
        self._reachable: set[int] = set()
        self._sessions: deque[SessionState] = deque(maxlen=12)
        self._public, self._secret = PUBLIC, bytes(32)
        self._recent: deque[bytes] = deque([b"\x04"], maxlen=24)
        self._choices, self._weights = zip(*self._weighted_choices())

    def steps(self) -> Iterator[Step]:
        """Yield steps: first add the peers, then random ones."""
        for peer in PEERS:
            yield self._add_peer(peer)
            yield "call", "allow", peer, [prefix(f"10.{peer}.0.0/16")]
            yield "call", "allow", peer, [prefix(f"fd0{peer}::/16")]
        while True:
            (choose,) = self._random.choices(self._choices, self._weights)
            yield choose()

    def _weighted_choices(self) -> list[tuple[Callable[[], Step], int]]:
        return [
            (self._write_tun, 300),
            (self._deliver, 450),
            (self._write_tun_and_deliver, 20),
            (self._write_tun_while_closed, 2),
            (self._write_own_datagram, 15),
            (self._install, 50),
            (self._pass_time, 60),
            (self._peer_command, 80),
            (self._allow_or_disallow, 20),
            (self._set_endpoint, 20),
            (self._record_handshake, 10),
            (lambda: ("enter_load", CROWD), 6),
            (self._set_cookie_secret, 15),
            (self._set_identity, 1),
            (lambda: ("call", "expect_cookie", self._receiver()), 5),
            (self._send_datagram, 5),
            (self._query, 15),
            (lambda: ("set_mtu", self._random.choice(MTUS)), 3),
            (self._add_or_remove_peer, 6),
            (lambda: ("call", "wipe"), 1),
        ]

    # Calls of the engine.

    def _peer(self) -> int:
        return self._random.choice(sorted(self._peers))

    def _add_peer(self, peer: int) -> Step:
        self._peers.add(peer)
        return "add_peer", peer

    def _add_or_remove_peer(self) -> Step:
        peer = self._random.choice(PEERS)
        if peer not in self._peers:
            return self._add_peer(peer)
        if len(self._peers) == 1:
            return self._query()
        self._peers.discard(peer)
        self._reachable.discard(peer)
        return "remove_peer", peer

    def _install(self) -> Step:
        peer = self._peer()
        if peer not in self._reachable:
            return self._set_endpoint()
        session_id = self._free_session_id()
        self._sessions.append(SessionState(peer, session_id))
        age = self._random.choice(AGES) if self._random.random() < 0.2 else 0
        initiator, keep_next = self._random.random() < 0.6, self._random.random() < 0.3
        return "install", peer, session_id, initiator, age, keep_next

    def _free_session_id(self) -> int:
        while True:
            self._last_session_id = self._last_session_id % NUMBERS + 1
            if not self._has_index(RemoteSession(self._last_session_id).local_index):
                return self._last_session_id

    def _peer_command(self) -> Step:
        common = ("send_keepalive", "send_staged", "observe", "facts", "clear_source")
        rare = ("purge_staged", "expire_keypairs", "wipe_keypairs")
        names = common if self._random.random() < 0.8 else rare
        return "call", self._random.choice(names), self._peer()

    def _prefix(self) -> tuple[bytes, int]:
        address = self._packets.address(self._random.choice((4, 6)))
        most = 128 if ":" in address else 32
        return prefix(f"{address}/{self._random.choice((0, 8, 16, 24, 31, most))}")

    def _prefixes(self) -> list[tuple[bytes, int]]:
        return [self._prefix() for _ in range(self._random.randint(0, 3))]

    def _allow_or_disallow(self) -> Step:
        if self._random.random() < 0.03:
            return "call", "disallow_all", self._peer()
        peer = self._peer()
        if self._random.random() < 0.3:
            network = self._random.choice((f"10.{peer}.0.0/16", f"fd0{peer}::/16"))
            return "call", "allow", peer, [prefix(network)]
        if self._random.random() < 0.5:
            return "call", "disallow", peer, *self._prefix()
        return "call", "allow", peer, self._prefixes()

    def _query(self) -> Step:
        sessions = [session.end.local_index for session in self._sessions]
        return self._random.choice(
            (
                ("call", "has_index", self._random.choice([0, *sessions])),
                ("call", "allowed_ips", self._peer()),
                ("call", "allowed_ip_count"),
                ("call", "allowed_ip_owners", self._prefixes()),
            )
        )

    def _endpoint(self) -> Endpoint:
        there = self._random.choice(self._remotes).endpoint()
        source = self._random.choice(SOURCES[len(there.address)])
        return Endpoint(there.address, there.port, 0, source, int(bool(source)))

    def _set_endpoint(self) -> Step:
        peer = self._peer()
        self._reachable.add(peer)
        return "call", "set_endpoint", peer, self._endpoint()

    def _record_handshake(self) -> Step:
        peer, size = self._peer(), self._random.choice((92, 148))
        if self._random.random() < 0.5:
            return "record_handshake_sent", peer, size
        self._reachable.add(peer)
        return "call", "record_handshake_received", peer, size, self._endpoint()

    def _set_identity(self) -> Step:
        self._public = self._random.choice(IDENTITIES)
        return "set_identity", self._public

    def _set_cookie_secret(self) -> Step:
        self._secret = self._random.randbytes(32)
        return "set_cookie_secret", self._secret, self._random.choice(SECRET_AGES)

    def _receiver(self) -> int:
        return 2**31 + self._random.randrange(16)

    def _send_datagram(self) -> Step:
        data = self._random.randbytes(self._random.choice((64, 92, 148)))
        return "send_datagram", data, self._endpoint()

    def _pass_time(self) -> Step:
        rarely = self._random.random() < 0.06
        longest = self._random.choice(LONG if rarely else SHORT)
        exact = self._random.random() < 0.5
        return "pass_time", longest if exact else self._random.randint(1, longest)

    # Packets from the TUN.

    def _write_tun(self) -> Step:
        return "write_tun", self._packets.burst(self._is_taken)

    def _write_tun_while_closed(self) -> Step:
        return "write_tun_while_closed", self._packets.burst(self._is_taken)

    def _write_own_datagram(self) -> Step:
        indices = [session.end.index for session in self._sessions]
        sent = [index for index in indices if self._has_sent(index)]
        if not sent:
            return self._query()
        version, kind = self._random.choice((4, 6)), self._random.randint(1, 4)
        return "write_own_datagram", version, kind, self._random.choice(sent)

    # Received datagrams.

    def _deliver(self) -> Step:
        return "deliver", self._burst()

    def _write_tun_and_deliver(self) -> Step:
        packets = self._packets.burst(self._is_taken)
        return "write_tun_and_deliver", packets, self._burst()

    def _burst(self) -> IncomingBurst:
        remote = self._random.randrange(len(HOSTS))
        host = self._random.choice(("", "", "127.0.0.4")) if remote < 3 else ""
        if self._sessions and self._random.random() < 0.05:
            return self._segmented(remote, host)
        if self._sessions and self._random.random() < 0.08:
            return self._flow(remote, host)
        count = self._random.choice((1, 1, 1, 2, 20))
        choose = self._handshake if self._random.random() < 0.1 else self._datagram
        datagrams = [choose(remote) for _ in range(count)]
        if sum(map(len, datagrams)) > 100_000:
            datagrams = datagrams[:1]
        tos = self._random.choice((0, 0, 1, 2, 3, 0xB8, 0xBB))
        return IncomingBurst(datagrams, tos, remote, host)

    def _segmented(self, remote: int, host: str) -> IncomingBurst:
        session = self._session()
        packet = ip(f"10.{session.peer}.0.1", "10.9.0.1", bytes(100))
        count = self._random.randint(2, 20)
        datagrams = [self._sealed(session, packet) for _ in range(count)]
        return IncomingBurst(datagrams, 0, remote, host, len(datagrams[0]))

    def _flow(self, remote: int, host: str) -> IncomingBurst:
        """Return the segments of a large packet, sometimes with others between."""
        session = self._session()
        datagrams = []
        for piece in self._packets.large(session.peer).cut():
            datagrams.append(self._sealed(session, piece + bytes(-len(piece) % 16)))
            if self._random.random() < 0.1:
                datagrams.append(self._datagram(remote))
        return IncomingBurst(datagrams, 0, remote, host)

    def _session(self) -> SessionState:
        """Return a session, usually one that still receives."""
        sessions = [n for n in self._sessions if self._has_index(n.end.local_index)]
        if not sessions or self._random.random() < 0.1:
            return self._random.choice(self._sessions)
        return self._random.choice(sessions)

    def _datagram(self, remote: int) -> bytes:
        kind = self._random.random()
        if kind < 0.12 or not self._sessions:
            return self._handshake(remote)
        if kind < 0.16:
            return self._recent[self._random.randrange(len(self._recent))]
        session = self._session()
        peer = session.peer if self._random.random() < 0.9 else None
        keepalive = self._random.random() < 0.2
        sealed = self._sealed(session, b"" if keepalive else self._padded(peer))
        return self._forged(sealed) if self._random.random() < 0.1 else sealed

    def _padded(self, peer: int | None) -> bytes:
        packet = self._packets.packet(peer)
        return packet + bytes(self._random.choice((0, -len(packet) % 16)))

    def _sealed(self, session: SessionState, packet: bytes) -> bytes:
        counter = self._counter(session.greatest)
        if counter < REJECT_AFTER_MESSAGES:
            session.greatest = max(session.greatest, counter)
        self._recent.append(session.end.seal(packet, counter))
        return self._recent[-1]

    def _counter(self, greatest: int) -> int:
        roll = self._random.random()
        if roll < 0.8:
            return min(greatest + 1, 2**64 - 1)
        if roll < 0.9:
            return max(0, greatest - self._random.randrange(8_300))
        if roll < 0.95:
            edge = greatest - REPLAY_WINDOW_SIZE + self._random.randint(-2, 2)
            return max(0, edge)
        if roll < 0.995:
            return min(greatest + self._random.choice(JUMPS), 2**64 - 1)
        return self._random.choice(LIMITS)

    def _handshake(self, remote: int) -> bytes:
        roll = self._random.random()
        if roll < 0.6:
            return self._with_macs(remote)
        if roll < 0.7:
            return cookie_reply(self._receiver())
        if roll < 0.85:
            return self._random.randbytes(self._random.choice(SIZES))
        kind, size = self._random.choice(MESSAGES)
        return struct.pack("<I", kind) + self._random.randbytes(size - 4)

    def _with_macs(self, remote: int) -> bytes:
        source = self._remotes[remote].endpoint()
        proven = self._random.random() < 0.5
        cookie = cookie_of(self._secret, source) if proven else b""
        session_id, kind = self._random.getrandbits(32), self._random.choice((1, 2))
        whole = message(session_id, cookie, kind, self._public)
        return self._packets.broken(whole) if self._random.random() < 0.1 else whole

    def _forged(self, data: bytes) -> bytes:
        if self._random.random() < 0.3:
            index = 2_000 + self._random.randrange(NUMBERS)
            return data[:4] + struct.pack("<I", index) + data[8:]
        return self._packets.broken(data)
