"""The harness of a plane: it applies steps, and reports all visible effects.

Both harnesses of a comparison share the remote sockets, so that endpoints are equal.
"""

import select
import socket
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from pywg_embedded import crypto
from pywg_embedded.core.constants import COOKIE_REPLY_SIZE, MESSAGE_COOKIE_REPLY
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.core.errors import LimitError
from pywg_embedded.dataplane import events, native
from pywg_embedded.dataplane.limits import Limits
from tests.dataplane.conftest import StoppedPlane
from tests.dataplane.handshakes import PUBLIC, cookie_key, cookie_reply
from tests.dataplane.large import TCP, UDP, Large
from tests.dataplane.packets import ip
from tests.dataplane.rig import (
    MakePlane,
    MakeTun,
    RemoteSession,
    RemoteSocket,
    Rig,
    socketpair_tun,
)

from .offload_tun import KernelEnd

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "::1")
# The length of packets that fit in no datagram.
OVERSIZE = 65_500
# Much longer than datagrams on the loopback take.
_TIMEOUT_MS = 60_000
_MOST_WAITS = 1_000_000
_UDP_SEGMENT = 103


class OffloadingPlane(StoppedPlane):
    """libpywg with GSO and GRO."""

    OFFLOADS = native.GSO | native.GRO

    def __init__(self, tun: int, limits: Limits, clock: Callable[[], int]) -> None:
        self._clock = clock
        native.Plane.__init__(self, tun, limits, self.OFFLOADS)


class SegmentingPlane(OffloadingPlane):
    """libpywg with all offloads; it needs a TUN with IFF_VNET_HDR."""

    OFFLOADS = native.TSO | native.USO | native.GSO | native.GRO


class IncomingBurst(NamedTuple):
    """Datagrams of one remote socket; ``segment`` sends them by UDP GSO."""

    datagrams: list[bytes]
    tos: int
    remote: int
    host: str
    segment: int = 0


class PlaneHarness:
    """A plane in a rig; ``remotes`` are the sockets that it may send to."""

    def __init__(
        self,
        make: MakePlane,
        limits: Limits,
        remotes: list[RemoteSocket],
        make_tun: MakeTun = socketpair_tun,
    ) -> None:
        self.rig = Rig(make, limits, make_tun)
        self._public = PUBLIC
        # mac1 of sent messages by sender index, to decrypt cookie replies.
        self._mac1: dict[bytes, bytes] = {}
        self._remotes = remotes
        self._by_descriptor = {remote.socket.fileno(): remote for remote in remotes}
        self._poll = select.poll()
        for descriptor in self._by_descriptor:
            self._poll.register(descriptor, select.POLLIN)
        self._events: list[Any] = []
        self._serial = 0
        # Bytes that are counted as sent, but are not sent.
        self._unsent_bytes = 0
        self._tx: dict[int, int] = {}
        self._demanded = 0

    # Steps; each returns a value for comparison.

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function of the plane; return its result or error."""
        try:
            result = getattr(self.rig.plane, name)(*arguments)
        except LimitError as error:
            return str(error)
        if name in ("facts", "observe"):
            return _facts(result)
        return list(result) if name == "allowed_ips" else result

    def set_mtu(self, mtu: int) -> None:
        self.rig.plane.mtu = mtu

    def add_peer(self, peer: int) -> None:
        self.rig.plane.add_peer(peer)
        self._tx[peer] = 0

    def remove_peer(self, peer: int) -> None:
        self.rig.plane.remove_peer(peer)
        del self._tx[peer]

    def install(
        self, peer: int, session_id: int, initiator: bool, age: int, keep_next: bool
    ) -> None:
        keypair = RemoteSession(session_id).keypair(initiator, self.rig.now - age)
        self.rig.plane.install_keypair(peer, keypair, keep_next)

    def record_handshake_sent(self, peer: int, size: int) -> None:
        self.rig.plane.record_handshake_sent(peer, size)
        self._unsent_bytes += size

    def send_datagram(self, data: bytes, endpoint: Endpoint) -> None:
        assert self.rig.plane.send_datagram(data, endpoint)
        self._unsent_bytes -= len(data)

    def set_identity(self, public: bytes) -> None:
        self._public = public
        self.rig.plane.set_identity(public)

    def set_cookie_secret(self, secret: bytes, age: int) -> None:
        self.rig.plane.set_cookie_secret(secret, self.rig.now - age)

    def pass_time(self, milliseconds: int) -> None:
        self.rig.now += milliseconds

    def write_tun(self, packets: list[bytes | Large]) -> None:
        """Write packets; segment large ones if the TUN does not accept them."""
        for packet in packets:
            if not isinstance(packet, Large):
                self.rig.tun.send(packet)
            elif isinstance(self.rig.tun, KernelEnd):
                self.rig.tun.send_large(packet)
            else:
                for piece in packet.cut():
                    self.rig.tun.send(piece)

    def write_own_datagram(self, version: int, kind: int, index: int) -> None:
        """Write a message from the port of the plane; ``version`` is that of IP."""
        message = struct.pack("<II", kind, index) + bytes(24)
        udp = struct.pack(">HHHH", self.rig.port, 9, 8 + len(message), 0) + message
        ends = ("10.9.0.1", "10.1.0.1") if version == 4 else ("fd09::1", "fd01::1")
        self.rig.tun.send(ip(*ends, udp))

    def write_tun_while_closed(self, packets: list[bytes | Large]) -> None:
        self.rig.plane.close()
        self.write_tun(packets)
        self._drain()
        assert not self._new_tx_bytes()
        self.rig.port = self.rig.plane.listen(0)

    def deliver(self, burst: IncomingBurst) -> None:
        """Send a burst, and wait until an accepted message behind it is an event."""
        self._serial += 1
        last = cookie_reply(self._serial)
        self.rig.plane.expect_cookie(self._serial)
        if burst.segment:
            self._send_segmented(burst)
        else:
            for datagram in burst.datagrams:
                self._send(burst, datagram)
        self._send(burst, last)
        for _ in range(_MOST_WAITS):
            seen = self.rig.plane.wait(0)
            marks = [e for e in seen if e[0] == events.HANDSHAKE and e[1] == last]
            self._events += [event for event in seen if event not in marks]
            if marks:
                return
        raise AssertionError("a handshake message was lost")

    def enter_load(self, count: int) -> None:
        """Send accepted messages at once, which make load."""
        self.rig.plane.expect_cookie(0)
        self.deliver(IncomingBurst([cookie_reply(0)] * count, 0, 0, ""))

    def write_tun_and_deliver(
        self, packets: list[bytes | Large], burst: IncomingBurst
    ) -> None:
        self.write_tun(packets)
        self.deliver(burst)

    # Effects.

    def outcome(self) -> dict[str, Any]:
        """Return all effects since the last call, by kind."""
        self._drain()
        seen, self._events = self._events, []
        sent, missing = self._sent()
        return {
            "events": [e for e in seen if e[0] != events.HANDSHAKE],
            "handshakes": [
                (e[1], _endpoint(e[2])) for e in seen if e[0] == events.HANDSHAKE
            ],
            "written": by_flow(self.rig.read_tun()),
            "icmp": (self.rig.read_icmp(4), self.rig.read_icmp(6)),
            "sent": sent,
            "bytes counted, but not sent": missing,
            "drops": self.rig.drops(),
            "facts": {p: _facts(self.rig.plane.facts(p)) for p in self._tx},
        }

    def _drain(self) -> None:
        while seen := self.rig.plane.wait(0):
            self._events += seen

    def _send(self, burst: IncomingBurst, datagram: bytes) -> None:
        self._mac1[datagram[4:8]] = datagram[-32:-16]
        remote = self._remotes[burst.remote]
        remote.send(datagram, self.rig.port, burst.tos, burst.host)

    def _send_segmented(self, burst: IncomingBurst) -> None:
        size = struct.pack("@H", burst.segment)
        ancillary = [(socket.IPPROTO_UDP, _UDP_SEGMENT, size)]
        to = burst.host or HOSTS[burst.remote], self.rig.port
        sock = self._remotes[burst.remote].socket
        sock.sendmsg(burst.datagrams, ancillary, 0, to)

    def _new_tx_bytes(self) -> int:
        newly = 0
        for peer, before in self._tx.items():
            self._tx[peer] = self.rig.plane.facts(peer).tx_bytes
            newly += self._tx[peer] - before
        return newly

    def _sent(self) -> tuple[dict[str, list[tuple[bytes, int, str]]], int]:
        missing = self._new_tx_bytes() - self._unsent_bytes
        demanded = self.rig.plane.drops.get("cookie_required", 0)
        missing += (demanded - self._demanded) * COOKIE_REPLY_SIZE
        self._demanded, self._unsent_bytes = demanded, 0
        sent: dict[str, list[tuple[bytes, int, str]]] = {}
        while missing > 0:
            ready = self._poll.poll(_TIMEOUT_MS)
            if not ready:
                break
            for descriptor, _ in ready:
                data, tos, source = self._by_descriptor[descriptor].receive()
                host = HOSTS[self._remotes.index(self._by_descriptor[descriptor])]
                missing -= len(data)
                data = self._without_nonce(data)
                sent.setdefault(host, []).append((data, tos, source[0]))
        return sent, missing

    def _without_nonce(self, data: bytes) -> bytes:
        """Return the datagram; the cookie of a cookie reply is decrypted."""
        kind = int.from_bytes(data[:4], "little")
        if kind != MESSAGE_COOKIE_REPLY or len(data) != COOKIE_REPLY_SIZE:
            return data
        head, nonce, sealed = data[:8], data[8:32], data[32:]
        key = cookie_key(self._public)
        cookie = crypto.xopen(key, nonce, sealed, self._mac1[data[4:8]])
        return head + (cookie or b"not authentic")


def by_flow(packets: list[bytes]) -> dict[bytes, list[bytes]]:
    """Return packets by flow: only packets of the same flow keep their order."""
    flows: dict[bytes, list[bytes]] = {}
    for packet in packets:
        flows.setdefault(_flow(packet), []).append(packet)
    return flows


def _flow(packet: bytes) -> bytes:
    """Return addresses and ports, or nothing for fragments and extensions."""
    is_v4 = packet[0] >> 4 == 4
    protocol, start = (packet[9], (packet[0] & 15) * 4) if is_v4 else (packet[6], 40)
    is_fragment = is_v4 and struct.unpack_from(">H", packet, 6)[0] & 0x3FFF
    if protocol not in (TCP, UDP) or is_fragment:
        return b""
    addresses = packet[12:20] if is_v4 else packet[8:40]
    return bytes([protocol]) + addresses + packet[start : start + 4]


def _endpoint(endpoint: Endpoint | None) -> tuple[Any, ...] | None:
    if endpoint is None:
        return None
    return *endpoint.remote(), endpoint.source, endpoint.interface


def _facts(facts: Any) -> dict[str, Any]:
    record = {name: getattr(facts, name) for name in facts.__slots__}
    return record | {"endpoint": _endpoint(facts.endpoint)}
