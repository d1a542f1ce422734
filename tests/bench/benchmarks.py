"""All benchmarks, and the programs that each measures."""

from collections.abc import Callable
from dataclasses import dataclass

from . import (
    aead_floor,
    allowed_ips,
    handshakes,
    latency,
    memory_under_load,
    packet_cost,
    peer_memory,
    throughput,
)
from .programs import IN_PYTHON, OURS, THEIRS, Program
from .workload import Workload

_ALL = (OURS, THEIRS, IN_PYTHON)
_BOTH = (OURS, THEIRS)


@dataclass(frozen=True)
class Benchmark:
    """A function that returns values by metric, and the programs to measure. With
    ``once``, it runs only once, because it takes long and varies little."""

    measure: Callable[[Program, Workload], dict[str, float]]
    programs: tuple[str, ...]
    once: bool = False


BENCHMARKS = {
    "aead": Benchmark(aead_floor.measure, tuple(aead_floor.LIBRARIES)),
    "tcp": Benchmark(throughput.tcp_stream, _ALL),
    "small-packets": Benchmark(throughput.small_packets, _ALL),
    "ping": Benchmark(latency.round_trips, _ALL),
    "handshakes": Benchmark(handshakes.answered, _ALL),
    "packet-cost": Benchmark(packet_cost.packet_cost, (OURS,)),
    "peer-memory": Benchmark(peer_memory.memory_per_peer, _BOTH),
    "allowed-ips": Benchmark(allowed_ips.set_and_read, _BOTH),
    "memory-under-load": Benchmark(memory_under_load.memory, _BOTH, once=True),
}
