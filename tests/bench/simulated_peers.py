"""Many peers of one interface, played by one host that speaks their handshakes."""

import struct
import time
from base64 import b64decode

from pywg_embedded import crypto
from pywg_embedded.core import cookie, messages, noise, tai64n
from pywg_embedded.core.constants import KEY_SIZE, MESSAGE_TRANSPORT
from tests.lab.wireguard import WireGuard

from . import uapi


class Member:
    """One peer; ``number`` is its index in handshakes, ``allowed_ip`` its address."""

    def __init__(self, number: int, responder: bytes) -> None:
        self.identity = noise.Identity(crypto, crypto.random(KEY_SIZE))
        self.allowed_ip = f"10.64.{number >> 8}.{number & 255}/32"
        self.number = number
        self._secret = crypto.dh(self.identity.private, responder)
        self._responder = responder
        self._jar = cookie.CookieMaker(crypto, responder)
        self._stamps = tai64n.TimestampGenerator(time.time_ns)
        self._last_stamp = 0

    def initiation(self) -> bytes:
        """A valid one, stamped later than the one before."""
        self._last_stamp = self._stamps.after(self._last_stamp)
        remote = (self._responder, self._secret)
        stamp = tai64n.encode(self._last_stamp)
        self._handshake, message = noise.create_initiation(
            crypto, self.identity, remote, self.number, stamp
        )
        return self._jar.add_macs(crypto, message, now=0)

    def confirmation(self, response: bytes) -> bytes:
        """The first packet of the session that the last initiation led to."""
        _, fields = messages.parse(response)
        sender, _, ephemeral, nothing, _, _ = fields
        keypair = noise.consume_response(
            crypto,
            self.identity,
            self._handshake,
            bytes(KEY_SIZE),
            (sender, ephemeral, nothing),
            now=0,
        )
        header = struct.pack("<IIQ", MESSAGE_TRANSPORT, sender, 0)
        return header + crypto.seal(keypair.send_key, bytes(12), b"", b"")


def addressee(response: bytes) -> int:
    """The number of the member that it answers."""
    _, fields = messages.parse(response)
    number: int = fields[1]
    return number


def crowd(responder: WireGuard, count: int) -> list[Member]:
    """Strangers yet."""
    public = b64decode(responder.public_key)
    return [Member(number, public) for number in range(count)]


def add_peers(responder: WireGuard, members: list[Member]) -> None:
    """Make them peers of the interface, in one request."""
    sections = "".join(
        f"public_key={member.identity.public.hex()}\nallowed_ip={member.allowed_ip}\n"
        for member in members
    )
    uapi.ask(responder.name, f"set=1\n{sections}\n")
