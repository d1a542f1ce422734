"""Handshakes complete during a flood of initiations from spoofed sources."""

import random
import socket
import struct
import threading
import time
from base64 import b64decode
from hashlib import blake2s
from types import TracebackType

import pytest

from pywg_embedded.core.constants import (
    COOKIE_REPLY_SIZE,
    LABEL_MAC1,
    MAC_SIZE,
    MESSAGE_COOKIE_REPLY,
)
from pywg_embedded.core.messages import MAC1_OFFSET, initiation
from tests.lab.topology import Lab, Tunnel
from tests.lab.wireguard import PORT, WireGuard

# The network for benchmarks (RFC 2544), which no host of the test uses.
NETWORK, HOSTS = 0xC6120000, 0x1FFFF
BURST, PAUSE = 250, 0.02
IPV4_HEADER, UDP_HEADER = 20, 8
RECEIVER, PATIENCE = 77, 120


def initiation_with_mac1(target: WireGuard) -> bytes:
    """Return an initiation with a valid mac1, which takes only the public key."""
    data = initiation(RECEIVER, bytes(32), bytes(48), bytes(28))[:MAC1_OFFSET]
    key = blake2s(LABEL_MAC1 + b64decode(target.public_key)).digest()
    mac1 = blake2s(data, key=key, digest_size=MAC_SIZE).digest()
    return data + mac1 + bytes(MAC_SIZE)


class Flood:
    """Send initiations to one end of a tunnel, each from a different address."""

    def __init__(self, tunnel: Tunnel) -> None:
        host, target = tunnel.left.host, tunnel.right
        # Route the replies back to this host.
        host.run("ip", "route", "add", "local", "198.18.0.0/15", "dev", "lo")
        target.host.add_default_route(tunnel.left.outside[4])
        self._raw = host.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._back = host.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        self._back.settimeout(PATIENCE)
        self._target = target.outside[4]
        self._message = initiation_with_mac1(target)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Flood":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self._raw.close()
        self._back.close()

    def is_answered_with_a_cookie(self) -> bool:
        """Return whether one of the sources receives a cookie reply."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            data = self._back.recv(2048)[IPV4_HEADER + UDP_HEADER :]
            head = struct.pack("<II", MESSAGE_COOKIE_REPLY, RECEIVER)
            if data.startswith(head) and len(data) == COOKIE_REPLY_SIZE:
                return True
        return False

    def _run(self) -> None:
        while not self._over.wait(PAUSE):
            for _ in range(BURST):
                self._raw.sendto(self._datagram(), (self._target, 0))

    def _datagram(self) -> bytes:
        size = UDP_HEADER + len(self._message)
        source = struct.pack(">I", NETWORK + random.randrange(HOSTS))
        target = socket.inet_aton(self._target)
        ports = random.randrange(1, 65536), PORT
        # The kernel fills in the zero fields; the UDP checksum is optional with IPv4.
        head = struct.pack(">BBHIBBH", 0x45, 0, 0, 0, 64, socket.IPPROTO_UDP, 0)
        udp = struct.pack(">HHHH", *ports, size, 0)
        return head + source + target + udp + self._message


@pytest.mark.slow
@pytest.mark.parametrize("initiator", ["pywgd", "wireguard-go"])
def test_handshake_completes_during_a_flood_of_initiations_with_valid_mac1(
    initiator: str, lab: Lab
) -> None:
    tunnel = lab.tunnel(initiator, "pywgd")
    with Flood(tunnel) as flood:
        assert flood.is_answered_with_a_cookie()
        tunnel.connect()
        assert tunnel.left.pings(tunnel.right, seconds=PATIENCE)
        assert flood.is_answered_with_a_cookie()
