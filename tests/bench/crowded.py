"""What a packet costs among few peers and among many, and with a large table."""

import socket
import struct
import time
from base64 import b64decode

from tests.lab.measure import datagrams_arrived
from tests.lab.topology import Lab, Tunnel

from . import uapi
from .crowd import add_peers, crowd
from .effort import Effort
from .programs import Program
from .traffic import cpu_seconds

_PORT = 9
_PAYLOAD = bytes(64)
_SETTLE_SECONDS = 0.2
_PEERS = {"1": 0, "100": 99, "1000": 999}
_ALLOWED_IPS = 10_000
_FLOWS = 50
# Where the table leads; packets go to a few of these, far apart, as flows would.
_NETWORK = 0x0A800000
_LENGTH = 9
_STRIDE = 1 << (32 - _LENGTH) - 14
_TARGETS = [
    socket.inet_ntoa(struct.pack(">I", _NETWORK + n * _STRIDE))
    for n in range(_ALLOWED_IPS)
]


def packet_cost(program: Program, effort: Effort) -> dict[str, float]:
    """Microseconds of both daemons' CPU a packet that arrived."""
    figures = {}
    for peers, strangers in _PEERS.items():
        figures[f"packet_{peers}"] = _cost(program, effort, strangers, ["10.128.0.0/9"])
    table = [f"{target}/32" for target in _TARGETS]
    figures["packet_table"] = _cost(program, effort, 0, table)
    return figures


def _cost(program: Program, effort: Effort, strangers: int, table: list[str]) -> float:
    with Lab() as lab:
        tunnel = lab.tunnel(program.with_room, program.with_room)
        tunnel.connect()
        _lead(tunnel, table)
        for end in (tunnel.left, tunnel.right):
            add_peers(end, crowd(end, strangers))
        if not tunnel.left.pings(tunnel.right):
            raise RuntimeError(f"{program.name}: no ping through the tunnel")
        before = cpu_seconds(tunnel)
        arrived = _flood(tunnel, effort.seconds)
        return (cpu_seconds(tunnel) - before) / arrived * 1e6


def _lead(tunnel: Tunnel, table: list[str]) -> None:
    """All of the network through the tunnel, to sockets of the right host."""
    left, right = tunnel.left, tunnel.right
    network = f"{_TARGETS[0]}/{_LENGTH}"
    lines = "".join(f"allowed_ip={prefix}\n" for prefix in table)
    uapi.ask(
        left.name, f"set=1\npublic_key={b64decode(right.public_key).hex()}\n{lines}\n"
    )
    left.host.add_route(network, device=left.name)
    right.host.run("ip", "route", "add", "local", network, "dev", "lo")


def _flood(tunnel: Tunnel, seconds: float) -> int:
    """Packets that came out; every flow gets one in its turn."""
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
