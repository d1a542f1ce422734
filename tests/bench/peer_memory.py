"""What a peer costs in resident memory of the whole daemon."""

import socket
import time

from tests.lab.measure import resident_bytes
from tests.lab.topology import INSIDE, OUTSIDE, Lab
from tests.lab.wireguard import PORT, WireGuard

from .programs import Program
from .simulated_peers import (
    SimulatedPeer,
    add_peers,
    create_peers,
    receiver_index,
)
from .workload import Workload

_PEERS = 1000
# Few, so that the responder is not under load.
_BATCH = 5
_TIMEOUT = 2
_SETTLE_SECONDS = 0.5


def memory_per_peer(program: Program, workload: Workload) -> dict[str, float]:
    """KiB a peer, idle and each with a session; the daemon with one peer in MiB."""
    with Lab() as lab:
        outside, host = lab.wired_pair()
        end = lab.enter_context(
            WireGuard(host, program.with_room, INSIDE[1], OUTSIDE[1])
        )
        peers = create_peers(end, _PEERS + 1)
        add_peers(end, peers[:1])
        alone = _settled(end)
        add_peers(end, peers[1:])
        idle = _settled(end)
        with outside.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.connect((end.outside[4], PORT))
            wire.settimeout(_TIMEOUT)
            for start in range(0, len(peers), _BATCH):
                _handshake(wire, peers[start : start + _BATCH])
        with_sessions = _settled(end)
    return {
        "memory_alone": alone / 2**20,
        "memory_idle": (idle - alone) / _PEERS / 1024,
        "memory_session": (with_sessions - alone) / _PEERS / 1024,
    }


def _handshake(wire: socket.socket, peers: list[SimulatedPeer]) -> None:
    """Establish a session per peer, confirmed by its first packet."""
    for peer in peers:
        wire.send(peer.initiation())
    by_index = {peer.index: peer for peer in peers}
    for _ in peers:
        response = wire.recv(2048)
        wire.send(by_index[receiver_index(response)].confirmation(response))


def _settled(end: WireGuard) -> int:
    time.sleep(_SETTLE_SECONDS)
    return resident_bytes(end.daemon.pid)
