"""How many handshakes a responder answers in a second of its CPU's time.

A host that is many peers at once sends initiations made beforehand: few at a time, so
that the responder is not under load, and none of a peer before it may send again.
"""

import contextlib
import socket
import time

from pywg_embedded.core.constants import INITIATIONS_PER_SECOND, MESSAGE_RESPONSE
from tests.lab.measure import cpu_seconds
from tests.lab.topology import Lab
from tests.lab.wireguard import PORT

from .programs import Program
from .simulated_peers import add_peers, create_peers
from .throughput import connected
from .workload import Workload

_PEERS = 60
_BATCH = 15
_TIMEOUT = 0.5
_ROUND_SECONDS = 1.25 / INITIATIONS_PER_SECOND


def answered(program: Program, workload: Workload) -> dict[str, float]:
    """Return the handshakes answered per CPU-second of the daemon."""
    with Lab() as lab:
        tunnel = connected(lab, program)
        responder = tunnel.right
        peers = create_peers(responder, _PEERS)
        add_peers(responder, peers)
        rounds = [
            [peer.initiation() for peer in peers]
            for _ in range(workload.handshakes // _PEERS)
        ]
        with tunnel.left.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.connect((responder.outside[4], PORT))
            wire.settimeout(_TIMEOUT)
            before = cpu_seconds(responder.daemon.pid)
            count = sum(_round(wire, messages) for messages in rounds)
            return {"handshakes": count / (cpu_seconds(responder.daemon.pid) - before)}


def _round(wire: socket.socket, messages: list[bytes]) -> int:
    """Send an initiation from every peer and return the number of responses."""
    end = time.monotonic() + _ROUND_SECONDS
    batches = range(0, len(messages), _BATCH)
    answered = sum(_exchange(wire, messages[n : n + _BATCH]) for n in batches)
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
