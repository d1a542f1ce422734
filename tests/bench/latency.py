"""Round trips through an idle tunnel, and through one that TCP fills."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.lab import measure
from tests.lab.topology import Lab, Tunnel

from .programs import Program
from .throughput import connected
from .workload import Effort

_CHUNK = bytes(128 * 1024)
_PATIENCE = 20


def round_trips(program: Program, effort: Effort) -> dict[str, float]:
    """Milliseconds: the median and the 99th percentile, idle and under load."""
    with Lab() as lab:
        tunnel = connected(lab, program)
        idle = _percentiles("idle", tunnel, effort.pings)
        with tcp_load(tunnel):
            return idle | _percentiles("loaded", tunnel, effort.pings)


def _percentiles(state: str, tunnel: Tunnel, pings: int) -> dict[str, float]:
    target = tunnel.right.address(4)
    times = measure.round_trips(tunnel.left.host, target, pings)
    if len(times) < pings / 2:
        raise RuntimeError(f"{state}: {len(times)} of {pings} pings were answered")
    last = len(times) - 1
    return {f"{state}_p50": times[last // 2], f"{state}_p99": times[last * 99 // 100]}


@contextlib.contextmanager
def tcp_load(tunnel: Tunnel) -> Iterator[None]:
    """One stream from left to right, as fast as it goes, while this lasts."""
    left, right = tunnel.left, tunnel.right
    over = threading.Event()
    with right.host.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((right.address(4), 0))
        listener.listen()
        source = left.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        source.connect(listener.getsockname())
        sink, _ = listener.accept()
    ends = (
        threading.Thread(target=_send, args=(source, over)),
        threading.Thread(target=_drain, args=(sink,)),
    )
    for end in ends:
        end.start()
    try:
        yield
    finally:
        over.set()
        for end in ends:
            end.join()


def _send(stream: socket.socket, over: threading.Event) -> None:
    with stream:
        stream.settimeout(_PATIENCE)
        while not over.is_set():
            stream.sendall(_CHUNK)


def _drain(stream: socket.socket) -> None:
    buffer = bytearray(len(_CHUNK))
    with stream:
        stream.settimeout(_PATIENCE)
        while stream.recv_into(buffer):
            pass
