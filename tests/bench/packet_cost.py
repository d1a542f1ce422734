"""CPU time per packet with few peers, many peers and many allowed IPs."""

import socket
import struct
import time
from base64 import b64decode

from tests.lab.measure import datagrams_arrived
from tests.lab.topology import Lab, Tunnel

from . import uapi
from .programs import Program
from .simulated_peers import add_peers, create_peers
from .throughput import cpu_seconds
from .workload import Workload

_PORT = 9
_PAYLOAD = bytes(64)
_SETTLE_SECONDS = 0.1
_ROUNDS = 10
_PEERS = {"1": 0, "100": 99, "1000": 999}
_ALLOWED_IPS = 10_000
_FLOWS = 50
# The prefixes of the large table; packets are sent to a few of them, far apart.
_NETWORK = 0x0A800000
_LENGTH = 9
_STRIDE = 1 << (32 - _LENGTH) - 14
_TARGETS = [
    socket.inet_ntoa(struct.pack(">I", _NETWORK + n * _STRIDE))
    for n in range(_ALLOWED_IPS)
]
_PREFIX = f"{_TARGETS[0]}/{_LENGTH}"


def packet_cost(program: Program, workload: Workload) -> dict[str, float]:
    """Return the microseconds of CPU time of both daemons per received packet.

    All tunnels exist at once and are measured in turns, because their differences are
    smaller than the variation of the machine over time.
    """
    with Lab() as lab:
        tunnels = {
            f"packet_{peers}": _prepared(lab, program, extra_peers, [_PREFIX])
            for peers, extra_peers in _PEERS.items()
        }
        table = [f"{target}/32" for target in _TARGETS]
        tunnels["packet_table"] = _prepared(lab, program, 0, table)
        before = {figure: cpu_seconds(tunnel) for figure, tunnel in tunnels.items()}
        arrived = dict.fromkeys(tunnels, 0)
        for _ in range(_ROUNDS):
            for figure, tunnel in tunnels.items():
                arrived[figure] += _flood(tunnel, workload.seconds / _ROUNDS)
        return {
            figure: (cpu_seconds(tunnel) - before[figure]) / arrived[figure] * 1e6
            for figure, tunnel in tunnels.items()
        }


def _prepared(lab: Lab, program: Program, extra_peers: int, table: list[str]) -> Tunnel:
    """Return a working tunnel with ``extra_peers`` more peers at both ends."""
    tunnel = lab.tunnel(program.with_room, program.with_room)
    tunnel.connect()
    _route_table(tunnel, table)
    for end in (tunnel.left, tunnel.right):
        add_peers(end, create_peers(end, extra_peers))
    if not tunnel.left.pings(tunnel.right):
        raise RuntimeError(f"{program.name}: no ping through the tunnel")
    return tunnel


def _route_table(tunnel: Tunnel, table: list[str]) -> None:
    """Route the whole network through the tunnel to sockets of the right host."""
    left, right = tunnel.left, tunnel.right
    lines = "".join(f"allowed_ip={prefix}\n" for prefix in table)
    key = b64decode(right.public_key).hex()
    uapi.request(left.name, f"set=1\npublic_key={key}\n{lines}\n")
    left.host.add_route(_PREFIX, device=left.name)
    right.host.run("ip", "route", "add", "local", _PREFIX, "dev", "lo")


def _flood(tunnel: Tunnel, seconds: float) -> int:
    """Send one packet per flow in turns; return the number of received packets."""
    right = tunnel.right.host
    with (
        right.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink,
        tunnel.left.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as source,
    ):
        sink.bind(("", _PORT))
        before = datagrams_arrived(tunnel.right)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for target in _TARGETS[:: _ALLOWED_IPS // _FLOWS]:
                source.sendto(_PAYLOAD, (target, _PORT))
        time.sleep(_SETTLE_SECONDS)
        return datagrams_arrived(tunnel.right) - before
