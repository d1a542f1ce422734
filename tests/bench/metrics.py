"""The metrics with their titles and units, and the goals for them."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from . import aead_floor
from .programs import OURS, THEIRS

# program or library: metric: one value per run
Results = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Metric:
    """A metric; ``digits`` is the number of decimal places."""

    title: str
    unit: str
    digits: int


METRICS = {
    "cpu": Metric("CPU time of TCP, both daemons", "s/Gbit", 2),
    "tcp": Metric("TCP throughput, one stream", "Mbit/s", 0),
    "small_packets": Metric("64-byte UDP delivered", "packets/s", 0),
    "idle_p50": Metric("ping, median", "ms", 3),
    "idle_p99": Metric("ping, 99 %", "ms", 3),
    "loaded_p50": Metric("ping beside TCP, median", "ms", 2),
    "loaded_p99": Metric("ping beside TCP, 99 %", "ms", 2),
    "handshakes": Metric("handshakes answered", "a CPU-s", 0),
    "peak": Metric("resident peak, 16 peers", "MiB", 1),
    "growth": Metric("growth after warm-up", "MiB", 1),
    "packet_1": Metric("cost a packet, 1 peer", "us", 2),
    "packet_100": Metric("cost a packet, 100 peers", "us", 2),
    "packet_1000": Metric("cost a packet, 1000 peers", "us", 2),
    "packet_table": Metric("cost a packet, 10,000 allowed IPs", "us", 2),
    "memory_alone": Metric("resident with 1 peer", "MiB", 1),
    "memory_idle": Metric("memory a peer, idle", "KiB", 1),
    "memory_session": Metric("memory a peer, with a session", "KiB", 1),
    "allowed_ips_set": Metric("130,000 allowed IPs: set", "s", 2),
    "allowed_ips_read": Metric("130,000 allowed IPs: read back", "s", 2),
    "allowed_ips": Metric("130,000 allowed IPs: both", "s", 2),
    "allowed_ips_pywg": Metric("130,000 allowed IPs: pywg", "s", 2),
}


def median(results: Results, program: str, figure: str) -> float | None:
    """Return the median of a metric, or None if it was not measured."""
    values = results.get(program, {}).get(figure)
    return statistics.median(values) if values else None


def _ours(results: Results, figure: str) -> float | None:
    return median(results, OURS, figure)


def _against_theirs(results: Results, figure: str) -> float | None:
    ours, theirs = _ours(results, figure), median(results, THEIRS, figure)
    return ours / theirs if ours is not None and theirs else None


def _against_the_aead(results: Results, figure: str) -> float | None:
    """Return the ratio to the fastest library that was measured."""
    ours = _ours(results, figure)
    known = [median(results, library, figure) for library in aead_floor.LIBRARIES]
    floors = [value for value in known if value]
    return ours / min(floors) if ours is not None and floors else None


def _against_one_peer(results: Results, figure: str) -> float | None:
    ours, alone = _ours(results, figure), _ours(results, "packet_1")
    return ours / alone if ours is not None and alone else None


@dataclass(frozen=True)
class Goal:
    """A metric, its derived value, and the limits for that: maximum, or minimum with
    ``at_least``."""

    figure: str
    of: str
    reached: Callable[[Results, str], float | None]
    must: float
    aim: float
    at_least: bool = False
    digits: int = 2

    def meets(self, value: float, bound: float) -> bool:
        """Return whether a value, rounded as it is printed, meets a limit."""
        rounded = round(value, self.digits)
        return rounded >= bound if self.at_least else rounded <= bound


_THEIRS, _AEAD, _ALONE = "times wireguard-go", "times the AEAD", "times 1 peer"

GOALS = (
    Goal("cpu", _THEIRS, _against_theirs, 0.50, 0.35),
    Goal("cpu", _AEAD, _against_the_aead, 2.0, 1.5),
    Goal("tcp", _THEIRS, _against_theirs, 1.5, 2.0, at_least=True),
    Goal("small_packets", _THEIRS, _against_theirs, 1.5, 3.0, at_least=True),
    Goal("idle_p50", _THEIRS, _against_theirs, 1.0, 0.5),
    Goal("idle_p99", _THEIRS, _against_theirs, 1.0, 0.5),
    Goal("loaded_p50", _THEIRS, _against_theirs, 1.0, 0.5),
    Goal("loaded_p99", _THEIRS, _against_theirs, 1.0, 0.5),
    Goal("handshakes", "a CPU-s", _ours, 1500, 3000, at_least=True, digits=0),
    Goal("peak", "MiB", _ours, 16, 12, digits=1),
    Goal("growth", "MiB", _ours, 0, 0, digits=1),
    Goal("packet_100", _ALONE, _against_one_peer, 1.10, 1.03),
    Goal("packet_1000", _ALONE, _against_one_peer, 1.10, 1.03),
    Goal("packet_table", _ALONE, _against_one_peer, 1.10, 1.03),
    Goal("memory_idle", "KiB", _ours, 8, 4, digits=1),
    Goal("memory_session", "KiB", _ours, 16, 9, digits=1),
    Goal("allowed_ips", "s", _ours, 1.0, 0.3),
)
