"""Everything that can be measured, and of whom; a gauge answers several figures."""

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
from .workload import Effort

_ALL = (OURS, THEIRS, IN_PYTHON)
_BOTH = (OURS, THEIRS)


@dataclass(frozen=True)
class Gauge:
    """``once``: one value is enough, for it takes long and says it all."""

    measure: Callable[[Program, Effort], dict[str, float]]
    programs: tuple[str, ...]
    once: bool = False


GAUGES = {
    "aead": Gauge(aead_floor.measure, tuple(aead_floor.LIBRARIES)),
    "tcp": Gauge(throughput.stream, _ALL),
    "small-packets": Gauge(throughput.small_packets, _ALL),
    "ping": Gauge(latency.round_trips, _ALL),
    "handshakes": Gauge(handshakes.answered, _ALL),
    "crowd": Gauge(packet_cost.packet_cost, (OURS,)),
    "peer-memory": Gauge(peer_memory.a_peer, _BOTH),
    "allowed-ips": Gauge(allowed_ips.set_and_read, _BOTH),
    "endurance": Gauge(memory_under_load.memory, _BOTH, once=True),
}
