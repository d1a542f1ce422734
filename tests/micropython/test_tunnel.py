"""libpywg under MicroPython: a tunnel between two processes."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dataplane.packets import ipv4

from .libpywg import AEADS, ROOT, folder
from .test_portable import HERE, MICROPYTHON

PATIENCE = 120.0
LARGEST = 65_535
HEAP = "heapsize=1M"
# Of each process by itself: heap, stack, and the pages of the arena that were touched.
# The libraries' pages, the larger part, depend on the C library.
MOST_OWN_KIB = {"sodium": 1024, "openssl": 2048}


class Peer:
    """A peer in 10.N.0.0/16 that runs under MicroPython; ``tun`` is our end of its TUN.

    ``identity`` is what it says of itself.
    """

    def __init__(self, network: int, aead: str) -> None:
        self.network = network
        self.aead = aead
        libraries = {"LIBPYWG": str(folder(aead)), "MICROPYPATH": str(ROOT)}
        kind = socket.SOCK_SEQPACKET
        self.tun, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self.tun.settimeout(PATIENCE)
        with theirs:
            self.process = subprocess.Popen(
                [MICROPYTHON, "-X", HEAP, HERE / "peer.py", str(theirs.fileno())],
                env={**os.environ, **libraries},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        self.identity = self._hear()

    def address(self) -> str:
        return f"10.{self.network}.0.1"

    def add_peer(self, remote: "Peer") -> None:
        assert self.process.stdin is not None
        description = {**remote.identity, "number": remote.network}
        self.process.stdin.write(json.dumps(description) + "\n")
        self.process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """End the process, and return its report."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        report = self._hear()
        assert self.process.wait(PATIENCE) == 0
        return report

    def kibibytes(self, figure: str) -> int:
        """Return a memory figure of the process from /proc."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"^{figure}:\s+(\d+) kB$", status, re.MULTILINE)
        assert found is not None
        return int(found[1])

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.tun.close()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        heard: dict[str, Any] = json.loads(line)
        return heard


@pytest.fixture(params=AEADS)
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Peer, Peer]]:
    near, far = Peer(1, request.param), Peer(2, request.param)
    near.add_peer(far)
    far.add_peer(near)
    yield near, far
    near.close()
    far.close()


def carry(sender: Peer, receiver: Peer) -> int:
    """Send packets of many sizes through the tunnel; return their total size."""
    ends = sender.address(), receiver.address()
    packets = [ipv4(*ends, bytes([n]) * 140 * n) for n in range(10)]
    for packet in packets:
        sender.tun.send(packet)
    assert [receiver.tun.recv(LARGEST) for _ in packets] == packets
    return sum(map(len, packets))


def test_two_peers_complete_a_handshake_and_exchange_packets(
    pair: tuple[Peer, Peer],
) -> None:
    near, far = pair
    size = carry(near, far)
    carry(far, near)
    memory = [(peer.kibibytes("VmRSS"), peer.kibibytes("RssAnon")) for peer in pair]
    reports = [peer.end() for peer in pair]
    for row, (report, remote) in enumerate(
        zip(reports, reversed(reports), strict=True)
    ):
        assert (report["peers"], report["handshakes"]) == (16, 1), f"row {row}"
        assert report["tx_bytes"] == remote["rx_bytes"] > size, f"row {row}"
        assert report["drops"] == [{}, {}], f"row {row}"
    for resident, own in memory:
        print(f"{near.aead}, 16 peers: {resident} KiB resident, {own} KiB its own")
        assert own <= MOST_OWN_KIB[near.aead]
