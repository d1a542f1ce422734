"""Throughput and CPU time of a TCP stream, and the rate of small packets."""

from tests.lab import measure
from tests.lab.topology import Lab, Tunnel

from .programs import Program
from .workload import Workload


def connected(lab: Lab, program: Program) -> Tunnel:
    """Return a working tunnel with the program at both ends."""
    tunnel = lab.tunnel(program.command, program.command)
    tunnel.connect()
    if not tunnel.left.pings(tunnel.right):
        raise RuntimeError(f"{program.name}: no ping through the tunnel")
    return tunnel


def cpu_seconds(tunnel: Tunnel) -> float:
    """Return the CPU time of both daemons."""
    ends = (tunnel.left, tunnel.right)
    return sum(measure.cpu_seconds(end.daemon.pid) for end in ends)


def tcp_stream(program: Program, workload: Workload) -> dict[str, float]:
    """Return the TCP payload in Mbit/s and CPU-seconds per Gbit."""
    with Lab() as lab:
        tunnel = connected(lab, program)
        left, right = tunnel.left, tunnel.right
        before = cpu_seconds(tunnel)
        size = workload.megabytes * 10**6
        moved = measure.tcp(left.host, right.host, right.address(4), size)
        spent = cpu_seconds(tunnel) - before
        gigabits = moved.payload * 8 / 1e9
        return {"tcp": moved.bits_per_second / 1e6, "cpu": spent / gigabits}


def small_packets(program: Program, workload: Workload) -> dict[str, float]:
    """Return the received UDP datagrams of 64 bytes per second."""
    with Lab() as lab:
        tunnel = connected(lab, program)
        rate = measure.small_packets(tunnel.left, tunnel.right, workload.seconds)
        return {"small_packets": rate}
