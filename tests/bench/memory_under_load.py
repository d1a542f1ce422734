"""The memory of a daemon with 16 peers under a long mixed load.

17 hosts run a daemon each: the hub, whose memory is measured, and its 16 peers.
"""

import contextlib
import itertools
import os
import random
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from tests.lab import measure
from tests.lab.topology import WIRE, Lab
from tests.lab.wireguard import PORT, WireGuard

from . import uapi
from .programs import Program
from .workload import Workload

_PEERS = 16
_WARM_UP = 0.25
_STEP_SECONDS = 0.5
_STEP_BYTES = 10**7
_RESET_PEAK = "5"


@dataclass(frozen=True)
class Star:
    """The hub and the interfaces of its peers."""

    hub: WireGuard
    spokes: list[WireGuard]


def memory(program: Program, workload: Workload) -> dict[str, float]:
    """Return the peak resident memory of the hub and its growth, in MiB."""
    with Lab() as lab:
        star = _star(lab, program)
        pid = star.hub.daemon.pid
        at_start = _peak(pid)
        warm = _load(star, workload.load_seconds * _WARM_UP)
        after = _load(star, workload.load_seconds * (1 - _WARM_UP))
    return {
        "peak": max(at_start, warm, after) / 2**20,
        "growth": max(0, after - warm) / 2**20,
    }


def _star(lab: Lab, program: Program) -> Star:
    host = lab.host("hub")
    inside = ("10.0.0.1/8",)
    hub = lab.enter_context(WireGuard(host, program.command, inside))
    spokes = [_spoke(lab, program, hub, index) for index in range(1, _PEERS + 1)]
    star = Star(hub, spokes)
    for spoke in spokes:
        if not spoke.host.reaches(hub.address(4)):
            raise RuntimeError(f"{program.name}: no ping through the tunnel")
    return star


def _spoke(lab: Lab, program: Program, hub: WireGuard, index: int) -> WireGuard:
    host = lab.host(f"spoke{index}")
    host.wire(WIRE, hub.host, f"to{index}")
    host.add_address(WIRE, f"192.0.2.{4 * index + 2}/30")
    gateway = f"192.0.2.{4 * index + 1}"
    hub.host.add_address(f"to{index}", f"{gateway}/30")
    spoke = lab.enter_context(
        WireGuard(host, program.command, (f"10.0.{index}.1/8",), {4: gateway})
    )
    hub.set("peer", spoke.public_key, "allowed-ips", f"10.0.{index}.0/24")
    where = ("endpoint", f"{gateway}:{PORT}", "allowed-ips", "10.0.0.0/8")
    spoke.set("peer", hub.public_key, *where)
    return spoke


def _load(star: Star, seconds: float) -> int:
    """Run every kind of load in turns with random peers; return the peak in bytes."""
    pid = star.hub.daemon.pid
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)
    generator = random.Random(_PEERS)
    end = time.monotonic() + seconds
    for kind in itertools.cycle(_KINDS):
        if time.monotonic() > end:
            return _peak(pid)
        kind(star, generator.choice(star.spokes))
    raise AssertionError("unreachable")


def _peak(pid: int) -> int:
    return measure.resident_bytes(pid, peak=True)


def _upload(star: Star, spoke: WireGuard) -> None:
    measure.tcp(spoke.host, star.hub.host, star.hub.address(4), _STEP_BYTES)


def _download(star: Star, spoke: WireGuard) -> None:
    measure.tcp(star.hub.host, spoke.host, spoke.address(4), _STEP_BYTES)


def _small_packets_in(star: Star, spoke: WireGuard) -> None:
    measure.small_packets(spoke, star.hub, _STEP_SECONDS)


def _small_packets_out(star: Star, spoke: WireGuard) -> None:
    measure.small_packets(star.hub, spoke, _STEP_SECONDS)


def _large_packets_out(star: Star, spoke: WireGuard) -> None:
    measure.small_packets(star.hub, spoke, _STEP_SECONDS, payload=8000)


def _pings_of_all(star: Star, spoke: WireGuard) -> None:
    for peer in star.spokes:
        peer.host.run("ping", "-n", "-c3", "-i0.01", star.hub.address(4), check=False)


def _rekey(star: Star, spoke: WireGuard) -> None:
    star.hub.set("peer", spoke.public_key, "remove")
    inside = f"{spoke.address(4)}/24"
    star.hub.set("peer", spoke.public_key, "allowed-ips", inside)
    spoke.remove_peers()
    where = ("endpoint", spoke.endpoint(4), "allowed-ips", "10.0.0.0/8")
    spoke.set("peer", star.hub.public_key, *where)
    spoke.host.reaches(star.hub.address(4))


def _status_requests(star: Star, spoke: WireGuard) -> None:
    for _ in range(100):
        uapi.request(star.hub.name, "get=1\n\n")


def _invalid_datagrams(star: Star, spoke: WireGuard) -> None:
    """Send datagrams that are not WireGuard messages or only resemble them."""
    sizes = (0, 1, 31, 32, 64, 92, 148, 1452, 9000)
    with spoke.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.connect((spoke.outside[4], PORT))
        for index in range(2000):
            kind = bytes((index % 6, 0, 0, 0))
            with contextlib.suppress(OSError):
                wire.send(kind + os.urandom(sizes[index % len(sizes)]))


# Each load uses the given peer or all peers.
_KINDS = (
    _upload,
    _small_packets_in,
    _pings_of_all,
    _download,
    _status_requests,
    _small_packets_out,
    _rekey,
    _large_packets_out,
    _invalid_datagrams,
)
