"""What a peer costs in resident memory of the whole daemon."""

import socket
import time

from tests.lab.measure import resident_bytes
from tests.lab.topology import INSIDE, OUTSIDE, Lab
from tests.lab.wireguard import PORT, WireGuard

from .programs import Program
from .simulated_peers import Member, add_peers, addressee, crowd
from .workload import Effort

_PEERS = 1000
# Few, so that the responder is not under load.
_AT_ONCE = 5
_PATIENCE = 2
_SETTLE_SECONDS = 0.5


def a_peer(program: Program, effort: Effort) -> dict[str, float]:
    """KiB a peer, idle and each with a session; the daemon with one peer in MiB."""
    with Lab() as lab:
        outside, host = lab.wired_pair()
        end = lab.enter_context(
            WireGuard(host, program.with_room, INSIDE[1], OUTSIDE[1])
        )
        members = crowd(end, _PEERS + 1)
        add_peers(end, members[:1])
        alone = _settled(end)
        add_peers(end, members[1:])
        idle = _settled(end)
        with outside.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.connect((end.outside[4], PORT))
            wire.settimeout(_PATIENCE)
            for start in range(0, len(members), _AT_ONCE):
                _meet(wire, members[start : start + _AT_ONCE])
        met = _settled(end)
    return {
        "memory_alone": alone / 2**20,
        "memory_idle": (idle - alone) / _PEERS / 1024,
        "memory_session": (met - alone) / _PEERS / 1024,
    }


def _meet(wire: socket.socket, members: list[Member]) -> None:
    """A session for each, confirmed by its first packet."""
    for member in members:
        wire.send(member.initiation())
    by_number = {member.number: member for member in members}
    for _ in members:
        response = wire.recv(2048)
        wire.send(by_number[addressee(response)].confirmation(response))


def _settled(end: WireGuard) -> int:
    time.sleep(_SETTLE_SECONDS)
    return resident_bytes(end.daemon.pid)
