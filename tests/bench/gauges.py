"""What is measured in one run of one implementation, and what the figures mean."""

from dataclasses import dataclass

from tests.lab import measure
from tests.lab.topology import Lab, Tunnel

from .handshakes import answered_per_cpu_second


@dataclass(frozen=True)
class Effort:
    """How long a run takes."""

    megabytes: int
    seconds: float
    pings: int
    handshakes: int


FULL = Effort(megabytes=300, seconds=5, pings=1000, handshakes=3000)
SHORT = Effort(megabytes=30, seconds=1, pings=200, handshakes=900)

# figure: (title, unit, digits after the point)
FIGURES = {
    "tcp": ("TCP throughput", "Mbit/s", 0),
    "cpu": ("CPU time, both daemons", "s/Gbit", 2),
    "small_packets": ("64-byte UDP delivered", "packets/s", 0),
    "ping_p50": ("ping round trip, median", "ms", 3),
    "ping_p99": ("ping round trip, 99 %", "ms", 3),
    "handshakes": ("handshakes answered", "1/CPU-s", 0),
    "idle_memory": ("resident memory, idle", "MiB", 1),
    "loaded_memory": ("resident memory, after", "MiB", 1),
}


def run(implementation: str, effort: Effort) -> dict[str, float]:
    """One value a figure, of a tunnel with ``implementation`` at both ends."""
    with Lab() as lab:
        tunnel = lab.tunnel(implementation, implementation)
        tunnel.connect()
        if not tunnel.left.pings(tunnel.right):
            raise RuntimeError(f"{implementation}: no ping through the tunnel")
        idle = {"idle_memory": _memory(tunnel)}
        figures = idle | _round_trips(tunnel, effort) | _throughput(tunnel, effort)
        figures |= _rates(tunnel, effort)
        return figures | {"loaded_memory": _memory(tunnel)}


def _memory(tunnel: Tunnel) -> float:
    """Of the larger daemon."""
    ends = (tunnel.left, tunnel.right)
    return max(measure.resident_bytes(end.daemon.pid) for end in ends) / 2**20


def _round_trips(tunnel: Tunnel, effort: Effort) -> dict[str, float]:
    target = tunnel.right.address(4)
    times = measure.round_trips(tunnel.left.host, target, effort.pings)
    last = len(times) - 1
    return {"ping_p50": times[last // 2], "ping_p99": times[last * 99 // 100]}


def _throughput(tunnel: Tunnel, effort: Effort) -> dict[str, float]:
    left, right = tunnel.left, tunnel.right
    size = effort.megabytes * 10**6
    before = _cpu_seconds(tunnel)
    moved = measure.tcp(left.host, right.host, right.address(4), size)
    spent = _cpu_seconds(tunnel) - before
    gigabits = moved.payload * 8 / 1e9
    return {"tcp": moved.bits_per_second / 1e6, "cpu": spent / gigabits}


def _cpu_seconds(tunnel: Tunnel) -> float:
    ends = (tunnel.left, tunnel.right)
    return sum(measure.cpu_seconds(end.daemon.pid) for end in ends)


def _rates(tunnel: Tunnel, effort: Effort) -> dict[str, float]:
    left, right = tunnel.left, tunnel.right
    small_packets = measure.small_packets(left, right, effort.seconds)
    handshakes = answered_per_cpu_second(right, left.host, effort.handshakes)
    return {"small_packets": small_packets, "handshakes": handshakes}
