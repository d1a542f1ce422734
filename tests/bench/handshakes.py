"""How many handshakes a responder answers in a second of its CPU's time.

A host that is many peers at once sends initiations made beforehand: few at a time, so
that the responder is not under load, and none of a peer before it may send again.
"""

import contextlib
import socket
import time
from base64 import b64decode, b64encode

from pywg_embedded import crypto
from pywg_embedded.core import cookie, noise, tai64n
from pywg_embedded.core.constants import (
    INITIATIONS_PER_SECOND,
    KEY_SIZE,
    MESSAGE_RESPONSE,
)
from tests.lab.host import Host
from tests.lab.measure import cpu_seconds
from tests.lab.wireguard import PORT, WireGuard

PEERS = 60
_AT_ONCE = 15
_PATIENCE = 0.5
_ROUND_SECONDS = 1.25 / INITIATIONS_PER_SECOND


class Initiator:
    """One of many peers of the responder, that initiates over and over."""

    def __init__(self, responder: bytes) -> None:
        self.identity = noise.Identity(crypto, crypto.random(KEY_SIZE))
        self._secret = crypto.dh(self.identity.private, responder)
        self._responder = responder
        self._jar = cookie.CookieJar(crypto, responder)
        self._stamps = tai64n.Tai64n(time.time_ns)
        self._last_stamp = 0

    def initiation(self, index: int) -> bytes:
        """A valid one, stamped later than the one before."""
        self._last_stamp = self._stamps.after(self._last_stamp)
        remote = (self._responder, self._secret)
        stamp = tai64n.encode(self._last_stamp)
        _, message = noise.create_initiation(
            crypto, self.identity, remote, index, stamp
        )
        return self._jar.add_macs(crypto, message, now=0)


def answered_per_cpu_second(responder: WireGuard, outside: Host, count: int) -> float:
    """For about ``count`` initiations that are sent from the host ``outside``."""
    public = b64decode(responder.public_key)
    initiators = [Initiator(public) for _ in range(PEERS)]
    for initiator in initiators:
        responder.set("peer", b64encode(initiator.identity.public).decode())
    rounds = [
        [initiator.initiation(index) for index, initiator in enumerate(initiators)]
        for _ in range(count // PEERS)
    ]
    with outside.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.connect((responder.outside[4], PORT))
        wire.settimeout(_PATIENCE)
        before = cpu_seconds(responder.daemon.pid)
        answered = sum(_round(wire, messages) for messages in rounds)
        return answered / (cpu_seconds(responder.daemon.pid) - before)


def _round(wire: socket.socket, messages: list[bytes]) -> int:
    """Every peer initiates once; the number of responses."""
    end = time.monotonic() + _ROUND_SECONDS
    batches = range(0, len(messages), _AT_ONCE)
    answered = sum(_exchange(wire, messages[n : n + _AT_ONCE]) for n in batches)
    time.sleep(max(0, end - time.monotonic()))
    return answered


def _exchange(wire: socket.socket, messages: list[bytes]) -> int:
    for message in messages:
        wire.send(message)
    replies: list[bytes] = []
    with contextlib.suppress(TimeoutError):
        while len(replies) < len(messages):
            replies.append(wire.recv(2048))
    return sum(reply[0] == MESSAGE_RESPONSE for reply in replies)
