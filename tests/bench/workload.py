"""The amount of work for one value of a metric."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """Sizes and durations of one run; ``load_seconds`` includes the warm-up."""

    megabytes: int
    seconds: float
    pings: int
    handshakes: int
    aead_seconds: float
    load_seconds: float


FULL = Workload(
    megabytes=300,
    seconds=5,
    pings=1000,
    handshakes=3000,
    aead_seconds=1,
    load_seconds=600,
)
SHORT = Workload(
    megabytes=30,
    seconds=1,
    pings=200,
    handshakes=900,
    aead_seconds=0.2,
    load_seconds=20,
)
