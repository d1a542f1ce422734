"""One TCP stream, what it costs, and a flood of small packets."""

from tests.lab import measure
from tests.lab.topology import Lab, Tunnel

from .programs import Program
from .workload import Effort


def connected(lab: Lab, program: Program) -> Tunnel:
    """A tunnel with the program at both ends, which has proved to work."""
    tunnel = lab.tunnel(program.command, program.command)
    tunnel.connect()
    if not tunnel.left.pings(tunnel.right):
        raise RuntimeError(f"{program.name}: no ping through the tunnel")
    return tunnel


def cpu_seconds(tunnel: Tunnel) -> float:
    """Of both daemons."""
    ends = (tunnel.left, tunnel.right)
    return sum(measure.cpu_seconds(end.daemon.pid) for end in ends)


def stream(program: Program, effort: Effort) -> dict[str, float]:
    """Payload of TCP in Mbit/s, and CPU-seconds a Gbit of it."""
    with Lab() as lab:
        tunnel = connected(lab, program)
        left, right = tunnel.left, tunnel.right
        before = cpu_seconds(tunnel)
        size = effort.megabytes * 10**6
        moved = measure.tcp(left.host, right.host, right.address(4), size)
        spent = cpu_seconds(tunnel) - before
        gigabits = moved.payload * 8 / 1e9
        return {"tcp": moved.bits_per_second / 1e6, "cpu": spent / gigabits}


def small_packets(program: Program, effort: Effort) -> dict[str, float]:
    """UDP datagrams of 64 bytes that come out in a second."""
    with Lab() as lab:
        tunnel = connected(lab, program)
        rate = measure.small_packets(tunnel.left, tunnel.right, effort.seconds)
        return {"small_packets": rate}
