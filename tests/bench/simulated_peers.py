"""Many simulated peers of one interface, whose handshakes one host performs."""

import struct
import time
from base64 import b64decode

from pywg_embedded import crypto
from pywg_embedded.core import cookie, messages, noise, tai64n
from pywg_embedded.core.constants import KEY_SIZE, MESSAGE_TRANSPORT
from tests.lab.wireguard import WireGuard

from . import uapi


class SimulatedPeer:
    """A peer; ``index`` is its index in handshakes, ``allowed_ip`` its address."""

    def __init__(self, index: int, responder: bytes) -> None:
        self.identity = noise.Identity(crypto, crypto.random(KEY_SIZE))
        self.allowed_ip = f"10.64.{index >> 8}.{index & 255}/32"
        self.index = index
        self._secret = crypto.dh(self.identity.private, responder)
        self._responder = responder
        self._cookies = cookie.CookieMaker(crypto, responder)
        self._stamps = tai64n.TimestampGenerator(time.time_ns)
        self._last_stamp = 0

    def initiation(self) -> bytes:
        """Return a valid initiation with a timestamp later than the previous one."""
        self._last_stamp = self._stamps.after(self._last_stamp)
        remote = (self._responder, self._secret)
        stamp = tai64n.encode(self._last_stamp)
        self._handshake, message = noise.create_initiation(
            crypto, self.identity, remote, self.index, stamp
        )
        return self._cookies.add_macs(crypto, message, now=0)

    def confirmation(self, response: bytes) -> bytes:
        """Return the transport message that confirms the keypair of a response."""
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


def receiver_index(response: bytes) -> int:
    """Return the receiver index of a response."""
    _, fields = messages.parse(response)
    index: int = fields[1]
    return index


def create_peers(responder: WireGuard, count: int) -> list[SimulatedPeer]:
    """Create peers that the interface does not know yet."""
    public = b64decode(responder.public_key)
    return [SimulatedPeer(index, public) for index in range(count)]


def add_peers(responder: WireGuard, peers: list[SimulatedPeer]) -> None:
    """Add the peers to the interface in one request."""
    sections = "".join(
        f"public_key={peer.identity.public.hex()}\nallowed_ip={peer.allowed_ip}\n"
        for peer in peers
    )
    uapi.request(responder.name, f"set=1\n{sections}\n")
