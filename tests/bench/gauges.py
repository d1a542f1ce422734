"""Everything that can be measured, and of whom; a gauge answers several figures."""

from collections.abc import Callable
from dataclasses import dataclass

from . import (
    allowed_ips,
    crowded,
    endurance,
    floor,
    handshakes,
    latency,
    memory,
    traffic,
)
from .effort import Effort
from .programs import IN_PYTHON, OURS, THEIRS, Program

_ALL = (OURS, THEIRS, IN_PYTHON)
_BOTH = (OURS, THEIRS)


@dataclass(frozen=True)
class Gauge:
    """``once``: one value is enough, for it takes long and says it all."""

    measure: Callable[[Program, Effort], dict[str, float]]
    programs: tuple[str, ...]
    once: bool = False


GAUGES = {
    "aead": Gauge(floor.measure, tuple(floor.LIBRARIES)),
    "tcp": Gauge(traffic.stream, _ALL),
    "small-packets": Gauge(traffic.small_packets, _ALL),
    "ping": Gauge(latency.round_trips, _ALL),
    "handshakes": Gauge(handshakes.answered, _ALL),
    "crowd": Gauge(crowded.packet_cost, (OURS,)),
    "peer-memory": Gauge(memory.a_peer, _BOTH),
    "allowed-ips": Gauge(allowed_ips.set_and_read, _BOTH),
    "endurance": Gauge(endurance.memory, _BOTH, once=True),
}
