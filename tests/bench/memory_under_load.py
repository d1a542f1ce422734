"""The memory of a daemon with 16 peers under a mixed load that goes on and on.

16 hosts, each with a daemon of its own -- the hub, whose daemon is weighed
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
from .workload import Effort

_PEERS = 16
_WARM_UP = 0.25
_STEP_SECONDS = 0.5
_STEP_BYTES = 10**7
_RESET_PEAK = "5"


@dataclass(frozen=True)
class Star:
    """The hub, and who is linked to it."""

    hub: WireGuard
    tips: list[WireGuard]


def memory(program: Program, effort: Effort) -> dict[str, float]:
    """MiB: the resident peak of the hub's daemon, and its growth after warm-up."""
    with Lab() as lab:
        star = _star(lab, program)
        pid = star.hub.daemon.pid
        at_start = _peak(pid)
        warm = _load(star, effort.load_seconds * _WARM_UP)
        after = _load(star, effort.load_seconds * (1 - _WARM_UP))
    return {
        "peak": max(at_start, warm, after) / 2**20,
        "growth": max(0, after - warm) / 2**20,
    }


def _star(lab: Lab, program: Program) -> Star:
    host = lab.host("hub")
    inside = ("10.0.0.1/8",)
    hub = lab.enter_context(WireGuard(host, program.command, inside))
    tips = [_tip(lab, program, hub, number) for number in range(1, _PEERS + 1)]
    star = Star(hub, tips)
    for tip in tips:
        if not tip.host.reaches(hub.address(4)):
            raise RuntimeError(f"{program.name}: no ping through the tunnel")
    return star


def _tip(lab: Lab, program: Program, hub: WireGuard, number: int) -> WireGuard:
    host = lab.host(f"tip{number}")
    host.wire(WIRE, hub.host, f"to{number}")
    host.add_address(WIRE, f"192.0.2.{4 * number + 2}/30")
    gateway = f"192.0.2.{4 * number + 1}"
    hub.host.add_address(f"to{number}", f"{gateway}/30")
    tip = lab.enter_context(
        WireGuard(host, program.command, (f"10.0.{number}.1/8",), {4: gateway})
    )
    hub.set("peer", tip.public_key, "allowed-ips", f"10.0.{number}.0/24")
    where = ("endpoint", f"{gateway}:{PORT}", "allowed-ips", "10.0.0.0/8")
    tip.set("peer", hub.public_key, *where)
    return tip


def _load(star: Star, seconds: float) -> int:
    """Bytes of the peak while every kind of load has its turn with a random peer."""
    pid = star.hub.daemon.pid
    Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK)
    chance = random.Random(_PEERS)
    end = time.monotonic() + seconds
    for kind in itertools.cycle(_KINDS):
        if time.monotonic() > end:
            return _peak(pid)
        kind(star, chance.choice(star.tips))
    raise AssertionError("a cycle has no end")


def _peak(pid: int) -> int:
    return measure.resident_bytes(pid, peak=True)


def _upload(star: Star, tip: WireGuard) -> None:
    measure.tcp(tip.host, star.hub.host, star.hub.address(4), _STEP_BYTES)


def _download(star: Star, tip: WireGuard) -> None:
    measure.tcp(star.hub.host, tip.host, tip.address(4), _STEP_BYTES)


def _small_packets_in(star: Star, tip: WireGuard) -> None:
    measure.small_packets(tip, star.hub, _STEP_SECONDS)


def _small_packets_out(star: Star, tip: WireGuard) -> None:
    measure.small_packets(star.hub, tip, _STEP_SECONDS)


def _large_packets_out(star: Star, tip: WireGuard) -> None:
    measure.small_packets(star.hub, tip, _STEP_SECONDS, payload=8000)


def _pings_of_all(star: Star, tip: WireGuard) -> None:
    for each in star.tips:
        each.host.run("ping", "-n", "-c3", "-i0.01", star.hub.address(4), check=False)


def _rekey(star: Star, tip: WireGuard) -> None:
    star.hub.set("peer", tip.public_key, "remove")
    inside = f"{tip.address(4)}/24"
    star.hub.set("peer", tip.public_key, "allowed-ips", inside)
    tip.remove_peers()
    where = ("endpoint", tip.endpoint(4), "allowed-ips", "10.0.0.0/8")
    tip.set("peer", star.hub.public_key, *where)
    tip.host.reaches(star.hub.address(4))


def _questions(star: Star, tip: WireGuard) -> None:
    for _ in range(100):
        uapi.ask(star.hub.name, "get=1\n\n")


def _noise(star: Star, tip: WireGuard) -> None:
    """What is no WireGuard message, and what only looks like one."""
    sizes = (0, 1, 31, 32, 64, 92, 148, 1452, 9000)
    with tip.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.connect((tip.outside[4], PORT))
        for number in range(2000):
            kind = bytes((number % 6, 0, 0, 0))
            with contextlib.suppress(OSError):
                wire.send(kind + os.urandom(sizes[number % len(sizes)]))


# Each with one peer, the one that it is handed or all.
_KINDS = (
    _upload,
    _small_packets_in,
    _pings_of_all,
    _download,
    _questions,
    _small_packets_out,
    _rekey,
    _large_packets_out,
    _noise,
)
