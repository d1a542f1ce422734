"""How much is done for one value of a figure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """``load_seconds`` is the length of the mixed load, warm-up included."""

    megabytes: int
    seconds: float
    pings: int
    handshakes: int
    aead_seconds: float
    load_seconds: float


FULL = Effort(
    megabytes=300,
    seconds=5,
    pings=1000,
    handshakes=3000,
    aead_seconds=1,
    load_seconds=600,
)
SHORT = Effort(
    megabytes=30,
    seconds=1,
    pings=200,
    handshakes=900,
    aead_seconds=0.2,
    load_seconds=20,
)
