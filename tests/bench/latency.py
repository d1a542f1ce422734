"""Round trips through an idle tunnel and beside a TCP stream."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.lab import measure
from tests.lab.topology import Lab, Tunnel

from .programs import Program
from .throughput import connected
from .workload import Workload

_CHUNK = bytes(128 * 1024)
_TIMEOUT = 20


def round_trips(program: Program, workload: Workload) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds, idle and under load."""
    with Lab() as lab:
        tunnel = connected(lab, program)
        idle = _percentiles("idle", tunnel, workload.pings)
        with tcp_load(tunnel):
            return idle | _percentiles("loaded", tunnel, workload.pings)


def _percentiles(state: str, tunnel: Tunnel, pings: int) -> dict[str, float]:
    target = tunnel.right.address(4)
    times = measure.round_trips(tunnel.left.host, target, pings)
    if len(times) < pings / 2:
        raise RuntimeError(f"{state}: {len(times)} of {pings} pings were answered")
    last = len(times) - 1
    return {f"{state}_p50": times[last // 2], f"{state}_p99": times[last * 99 // 100]}


@contextlib.contextmanager
def tcp_load(tunnel: Tunnel) -> Iterator[None]:
    """Run a TCP stream from left to right at full speed during the ``with`` block."""
    left, right = tunnel.left, tunnel.right
    stop = threading.Event()
    with right.host.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((right.address(4), 0))
        listener.listen()
        source = left.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        source.connect(listener.getsockname())
        sink, _ = listener.accept()
    ends = (
        threading.Thread(target=_send, args=(source, stop)),
        threading.Thread(target=_drain, args=(sink,)),
    )
    for end in ends:
        end.start()
    try:
        yield
    finally:
        stop.set()
        for end in ends:
            end.join()


def _send(stream: socket.socket, stop: threading.Event) -> None:
    with stream:
        stream.settimeout(_TIMEOUT)
        while not stop.is_set():
            stream.sendall(_CHUNK)


def _drain(stream: socket.socket) -> None:
    buffer = bytearray(len(_CHUNK))
    with stream:
        stream.settimeout(_TIMEOUT)
        while stream.recv_into(buffer):
            pass
