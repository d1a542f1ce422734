"""`make demo`: connect two sites in network namespaces."""

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
DIAGRAM = """
  site A  192.168.1.0/24                         site B  192.168.2.0/24

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
class Site:
    """A router and a host in its LAN."""

    router: Host
    host: Host
    lan: str
    host_address: str
    public_address: str


def log(text: str) -> None:
    print(text, flush=True)


def step(index: int, text: str) -> None:
    log(f"\n[{index}] {text}")


def build_site(lab: Lab, internet: Host, host_name: str, lan: str, wan: str) -> Site:
    """Build a site; ``lan`` and ``wan`` are the first three octets of a /24."""
    host, router = lab.host(host_name), lab.host(f"{host_name}-router")
    line = f"to-{host_name}"
    host.wire("eth0", router, "lan")
    router.wire("wan", internet, line)
    host.add_address("eth0", f"{lan}.2/24")
    router.add_address("lan", f"{lan}.1/24")
    router.add_address("wan", f"{wan}.2/24")
    internet.add_address(line, f"{wan}.1/24")
    host.add_default_route(f"{lan}.1")
    router.add_default_route(f"{wan}.1")
    router.forward_packets()
    router.nft(NAT)
    return Site(router, host, f"{lan}.0/24", f"{lan}.2", f"{wan}.2")


def build_sites(lab: Lab) -> tuple[Site, Site]:
    internet = lab.host("internet")
    internet.forward_packets()
    return (
        build_site(lab, internet, "laptop", "192.168.1", "198.51.100"),
        build_site(lab, internet, "nas", "192.168.2", "203.0.113"),
    )


def expect(condition: bool, failure: str) -> None:
    if not condition:
        raise RuntimeError(failure)


def link(end: WireGuard, peer: WireGuard, site: Site) -> None:
    """Route the LAN of ``site`` through the tunnel to ``peer``."""
    where = ("endpoint", at(site.public_address, PORT), "allowed-ips", site.lan)
    end.set("peer", peer.public_key, *where)
    end.host.add_route(site.lan, device=end.name)


def ping(a: Site, b: Site) -> None:
    for near, far in (a, b), (b, a):
        times = measure.round_trips(near.host, far.host_address, PINGS)
        middle = times[len(times) // 2] if times else 0
        result = f"{len(times)} of {PINGS} answered, median {middle:.2f} ms"
        log(f"    {near.host_address} -> {far.host_address}: {result}")
        expect(len(times) == PINGS, "pings were lost")


def transfer(a: Site, b: Site) -> None:
    size = MEGABYTES * 10**6
    moved = measure.tcp(a.host, b.host, b.host_address, size)
    rate = moved.bits_per_second / 1e6
    log(f"    {moved.payload / 1e6:.0f} MB in {moved.seconds:.1f} s: {rate:.0f} Mbit/s")


def demonstrate(lab: Lab) -> None:
    log("Connect two sites with a tunnel.")
    log(DIAGRAM.rstrip())
    step(1, "Build two sites behind NAT, connected by an internet.")
    a, b = build_sites(lab)
    expect(a.router.reaches(b.public_address), "the routers cannot reach each other")

    step(2, "Ping from laptop to nas: no reply without a tunnel.")
    expect(not a.host.reaches(b.host_address, seconds=1), "unexpected reply")

    step(3, "Start pywgd on both routers and configure the tunnel with pywg.")
    start = time.monotonic()
    left = lab.enter_context(WireGuard(a.router, "pywgd", control=PYWG))
    right = lab.enter_context(WireGuard(b.router, "pywgd", control=PYWG))
    link(left, right, b)
    link(right, left, a)
    log(f"    done after {time.monotonic() - start:.1f} s")

    step(4, "Ping through the tunnel in both directions.")
    ping(a, b)

    step(5, f"Send {MEGABYTES} MB from laptop to nas over TCP.")
    transfer(a, b)

    step(6, "Status of router A: pywg show.")
    log("\n".join("    " + line for line in left.show().splitlines()))

    step(7, "Memory of the daemons.")
    for name, end in ("A", left), ("B", right):
        mebibytes = measure.resident_bytes(end.daemon.pid) / 2**20
        log(f"    router {name}: {mebibytes:.1f} MiB resident")


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
    log("\nAll namespaces are removed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
