"""A peer under MicroPython: an engine with libpywg. Usage: ``peer.py TUN-DESCRIPTOR``.

Writes its public key and port as a line of JSON, reads those of a remote peer, adds it
and 15 others, and runs until standard input is readable; then writes a report.
"""

import json
import sys
import time

from pywg_embedded import crypto
from pywg_embedded.core.config import InterfaceChange, PeerChange
from pywg_embedded.core.device import Device
from pywg_embedded.core.tai64n import TimestampGenerator
from pywg_embedded.dataplane import events
from pywg_embedded.dataplane.limits import Limits
from pywg_embedded.dataplane.native import GRO, GSO, Plane, trim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOOPBACK = bytes((127, 0, 0, 1))
STANDARD_INPUT = 0
PEERS = 16


def boottime() -> int:
    """Return milliseconds; the clocks of MicroPython stop during suspend."""
    with open("/proc/uptime") as file:
        seconds, hundredths = file.read().split()[0].split(".")
    return int(seconds) * 1000 + int(hundredths) * 10


class Node:
    """An interface that is up, with a UDP port."""

    def __init__(self, tun: int) -> None:
        self.plane = Plane(tun, Limits(peers=PEERS), GSO | GRO)
        self.port = self.plane.listen(0)
        self.device = Device(
            crypto, self.plane, TimestampGenerator(time.time_ns), PEERS
        )
        private = crypto.random(32)
        self.public = crypto.public_key(private)
        change = InterfaceChange()
        change.private_key = private
        self.device.configure(change, boottime())
        self.device.interface_up(boottime())

    def add_peer(self, public: bytes, network: int, port: int = 0) -> None:
        """Add a peer with the network 10.N.0.0/16."""
        peer = PeerChange(public)
        peer.allowed_ips[bytes((10, network, 0, 0)), 16] = True
        if port:
            peer.endpoint = LOOPBACK, port, 0
        change = InterfaceChange()
        change.peers.append(peer)
        self.device.configure(change, boottime())

    def run(self) -> None:
        """Run until standard input is readable."""
        self.plane.watch(STANDARD_INPUT)
        going_on = True
        while going_on:
            for event in self.plane.wait(self._timeout()):
                if event[0] == events.READY:
                    going_on = False
                else:
                    self._tell(event)
            self.device.handle_timer(boottime())
            for datagram, endpoint, peer_id in self.device.datagrams_to_send():
                sent = self.plane.send_datagram(datagram, endpoint)
                if sent and peer_id is not None:
                    self.plane.record_handshake_sent(peer_id, len(datagram))

    def _timeout(self) -> "int | None":
        due = self.device.get_timer()
        return None if due is None else max(0, due - boottime())

    def _tell(self, event: "tuple[Any, ...]") -> None:
        kind, now = event[0], boottime()
        if kind == events.HANDSHAKE:
            self.device.receive_datagram(
                event[1], event[2], now, event[3], filtered=True
            )
        elif kind == events.HANDSHAKE_NEEDED:
            self.device.handshake_needed(event[1], now)
        elif kind == events.KEY_CONFIRMED:
            self.device.key_confirmed(event[1], now)
        elif kind == events.ACTIVE:
            self.device.peer_active(event[1], now)

    def report(self) -> "dict[str, Any]":
        peers = self.device.status(boottime())["peers"]
        facts = [self.plane.facts(peer["id"]) for peer in peers]
        return {
            "peers": len(peers),
            "handshakes": sum([peer["last_handshake_at"] > 0 for peer in peers]),
            "rx_bytes": sum([f.rx_bytes for f in facts]),
            "tx_bytes": sum([f.tx_bytes for f in facts]),
            "drops": [self.plane.drops, self.device.drops],
        }


def main() -> None:
    node = Node(int(sys.argv[1]))
    print(json.dumps({"public": node.public.hex(), "port": node.port}))
    remote = json.loads(sys.stdin.readline())
    node.add_peer(bytes.fromhex(remote["public"]), remote["number"], remote["port"])
    for network in range(PEERS - 1):
        node.add_peer(crypto.public_key(crypto.random(32)), 100 + network)
    trim()
    node.run()
    print(json.dumps(node.report()))


main()
