"""Secrets in the memory of a running daemon: what was replaced is gone."""

import os
import select
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from pywg_embedded import crypto
from pywg_embedded.control.keys import clamp
from pywg_embedded.core import messages, noise, tai64n
from pywg_embedded.core.cookie import CookieMaker
from pywg_embedded.core.keypair import Keypair
from tests.lab.host import Host
from tests.lab.memory import find_secrets
from tests.lab.wait import DEADLINE

from .pywgd import foreground, query

DONE = "errno=0\n\n"
PLANES = pytest.mark.parametrize("plane", ["libpywg", "python"])


def new_private_key() -> bytes:
    return clamp(os.urandom(32))


class Remote:
    """The other side of a handshake, on a UDP socket; it keeps its session keys."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.port = sock.getsockname()[1]
        self.identity = noise.Identity(crypto, new_private_key())
        self.preshared_key = os.urandom(32)
        self.session_keys: dict[str, bytes] = {}
        self._stamps = tai64n.TimestampGenerator(lambda: 1_700_000_000 * 10**9)
        self._stamp = 0

    def initiate(self, public: bytes, port: int) -> None:
        """Make a handshake with the daemon as its responder."""
        shared = crypto.dh(self.identity.private, public)
        remote = (public, shared)
        while True:
            self._stamp = self._stamps.after(self._stamp)
            stamp = tai64n.encode(self._stamp)
            handshake, message = noise.create_initiation(
                crypto, self.identity, remote, 1, stamp
            )
            self._send(public, message, port)
            # The daemon accepts 50 initiations a second.
            if select.select([self._socket], [], [], 0.1)[0]:
                break
        sender, _, ephemeral, nothing, _, _ = messages.parse(self._socket.recv(2048))[1]
        response = (sender, ephemeral, nothing)
        keypair = noise.consume_response(
            crypto, self.identity, handshake, self.preshared_key, response, 0
        )
        self._keep(keypair, "responder")

    def respond(self, public: bytes, port: int) -> None:
        """Answer an initiation of the daemon, and wait for the confirmation."""
        sender, ephemeral, static, stamp, _, _ = self._receive_initiation()
        received = noise.read_initiation(
            crypto, self.identity, sender, ephemeral, static
        )
        shared = crypto.dh(self.identity.private, public)
        noise.authenticate_initiation(received, shared, stamp)
        keypair, message = noise.create_response(
            crypto, received, self.preshared_key, 2, 0
        )
        self._send(public, message, port)
        while self._socket.recv(2048)[0] != 4:
            pass
        self._keep(keypair, "initiator")

    def _receive_initiation(self) -> tuple[Any, ...]:
        while True:
            message = self._socket.recv(2048)
            if message[0] == 1:
                return messages.parse(message)[1]

    def _send(self, public: bytes, message: bytes, port: int) -> None:
        datagram = CookieMaker(crypto, public).add_macs(crypto, message, 0)
        self._socket.sendto(datagram, ("127.0.0.1", port))

    def _keep(self, keypair: Keypair, role: str) -> None:
        count = len(self.session_keys)
        self.session_keys[f"sending key {count} as {role}"] = bytes(keypair.receive_key)
        self.session_keys[f"receiving key {count} as {role}"] = bytes(keypair.send_key)


@pytest.fixture
def remote(host: Host) -> Iterator[Remote]:
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(DEADLINE)
        sock.bind(("127.0.0.1", 0))
        yield Remote(sock)


def configure(name: str, private_key: bytes, remote: Remote, *lines: str) -> None:
    """Set the private key, and the preshared key of the remote side."""
    request = [
        "set=1",
        f"private_key={private_key.hex()}",
        f"public_key={remote.identity.public.hex()}",
        f"preshared_key={remote.preshared_key.hex()}",
        *lines,
    ]
    assert query(name, "\n".join([*request, "", ""]).encode()) == DONE


def port_of(name: str) -> int:
    return int(query(name, b"get=1\n\n").partition("listen_port=")[2].split()[0])


@PLANES
def test_replaced_keys_are_not_in_memory(
    host: Host, name: str, remote: Remote, plane: str
) -> None:
    private = new_private_key()
    public = crypto.public_key(private)
    secrets = {"private key": private, "preshared key": remote.preshared_key}
    with foreground(host, name, "--dataplane", plane) as daemon:
        host.up(name)
        configure(name, private, remote, "allowed_ip=10.0.0.2/32")
        port = port_of(name)
        for _ in range(3):
            remote.initiate(public, port)
        keepalive = "persistent_keepalive_interval=1"
        configure(name, private, remote, f"endpoint=127.0.0.1:{remote.port}", keepalive)
        remote.respond(public, port)
        secrets |= remote.session_keys
        in_use = find_secrets(daemon.pid, secrets)
        assert {"private key, raw", "preshared key, raw"} <= in_use
        assert "sending key 6 as initiator, raw" in in_use

        remote.preshared_key = os.urandom(32)
        replacement = new_private_key()
        configure(name, replacement, remote)
        gone = f"set=1\npublic_key={remote.identity.public.hex()}\nremove=true\n\n"
        assert query(name, gone.encode()) == DONE
        assert find_secrets(daemon.pid, secrets) == set()
        assert find_secrets(daemon.pid, {"new": replacement}) == {"new, raw"}
