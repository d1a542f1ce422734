"""`make demo`: two homes become one network, in network namespaces."""

import os
import sys
import time
from dataclasses import dataclass

from . import measure
from .host import Host
from .topology import Lab
from .wireguard import PORT, PYWG, WireGuard, at

MEGABYTES = 100
PINGS = 20
PICTURE = """
  home A  192.168.1.0/24                         home B  192.168.2.0/24

  +---------------+                                 +---------------+
  | laptop     .2 |                                 | nas        .2 |
  +-------+-------+                                 +-------+-------+
          |                                                 |
  +-------+-------+          tunnel (pywgd)         +-------+-------+
  | router A   .1 | ============================== | router B   .1 |
  +-------+-------+                                 +-------+-------+
          | NAT 198.51.100.2            203.0.113.2 NAT     |
          |              .----------------.                 |
          +--------------|  the internet  |-----------------+
                         '----------------'
"""
NAT = """
table ip nat {
    chain out {
        type nat hook postrouting priority srcnat;
        oifname "wan" masquerade
    }
}
"""


@dataclass
class Home:
    """A router and one machine behind it."""

    router: Host
    machine: Host
    lan: str
    machine_address: str
    public_address: str


def say(text: str) -> None:
    print(text, flush=True)


def step(number: int, text: str) -> None:
    say(f"\n[{number}] {text}")


def build_home(lab: Lab, internet: Host, machine_name: str, lan: str, wan: str) -> Home:
    """``lan`` and ``wan`` are the first three numbers of a /24 each."""
    machine, router = lab.host(machine_name), lab.host(f"{machine_name}-router")
    line = f"to-{machine_name}"
    machine.wire("eth0", router, "lan")
    router.wire("wan", internet, line)
    machine.add_address("eth0", f"{lan}.2/24")
    router.add_address("lan", f"{lan}.1/24")
    router.add_address("wan", f"{wan}.2/24")
    internet.add_address(line, f"{wan}.1/24")
    machine.add_default_route(f"{lan}.1")
    router.add_default_route(f"{wan}.1")
    router.forward_packets()
    router.nft(NAT)
    return Home(router, machine, f"{lan}.0/24", f"{lan}.2", f"{wan}.2")


def build_homes(lab: Lab) -> tuple[Home, Home]:
    internet = lab.host("internet")
    internet.forward_packets()
    return (
        build_home(lab, internet, "laptop", "192.168.1", "198.51.100"),
        build_home(lab, internet, "nas", "192.168.2", "203.0.113"),
    )


def expect(holds: bool, failure: str) -> None:
    if not holds:
        raise RuntimeError(failure)


def link(end: WireGuard, peer: WireGuard, home: Home) -> None:
    """Send what is for ``home`` through the tunnel to ``peer``."""
    where = ("endpoint", at(home.public_address, PORT), "allowed-ips", home.lan)
    end.set("peer", peer.public_key, *where)
    end.host.add_route(home.lan, device=end.name)


def ping(a: Home, b: Home) -> None:
    for near, far in (a, b), (b, a):
        times = measure.round_trips(near.machine, far.machine_address, PINGS)
        middle = times[len(times) // 2] if times else 0
        said = f"{len(times)} of {PINGS} answered, median {middle:.2f} ms"
        say(f"    {near.machine_address} -> {far.machine_address}: {said}")
        expect(len(times) == PINGS, "pings were lost")


def transfer(a: Home, b: Home) -> None:
    size = MEGABYTES * 10**6
    moved = measure.tcp(a.machine, b.machine, b.machine_address, size)
    rate = moved.bits_per_second / 1e6
    say(f"    {moved.payload / 1e6:.0f} MB in {moved.seconds:.1f} s: {rate:.0f} Mbit/s")


def demonstrate(lab: Lab) -> None:
    say("Two homes become one network.")
    say(PICTURE.rstrip())
    step(1, "Build both homes, NAT at each door, and an internet between.")
    a, b = build_homes(lab)
    expect(a.router.reaches(b.public_address), "the routers do not see each other")

    step(2, "Ping from laptop to nas: nothing can answer yet.")
    expect(not a.machine.reaches(b.machine_address, seconds=1), "something answered")

    step(3, "Start pywgd on both routers, and link the homes with pywg.")
    start = time.monotonic()
    left = lab.enter_context(WireGuard(a.router, "pywgd", control=PYWG))
    right = lab.enter_context(WireGuard(b.router, "pywgd", control=PYWG))
    link(left, right, b)
    link(right, left, a)
    say(f"    done after {time.monotonic() - start:.1f} s")

    step(4, "Ping from home to home.")
    ping(a, b)

    step(5, f"Move {MEGABYTES} MB from laptop to nas over TCP.")
    transfer(a, b)

    step(6, "Ask router A: pywg show.")
    say("\n".join("    " + line for line in left.show().splitlines()))

    step(7, "Weigh the daemons.")
    for name, end in ("A", left), ("B", right):
        mebibytes = measure.resident_bytes(end.daemon.pid) / 2**20
        say(f"    router {name}: {mebibytes:.1f} MiB resident")


def main() -> int:
    if os.geteuid():
        print("demo: network namespaces need root", file=sys.stderr)
        return 1
    try:
        with Lab() as lab:
            demonstrate(lab)
    except Exception as error:
        print(f"demo: failed: {error}", file=sys.stderr)
        return 1
    say("\nAll taken down again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
