"""Memory is taken once: what a load touches first is all that any load takes."""

import signal

import pytest

from tests.lab import measure
from tests.lab.topology import Lab, Tunnel
from tests.lab.wireguard import new_key, public_key_of

PEERS = 16
MEGABYTES = 40 * 10**6
# A page here and there, of the interpreter's own.
FEW_PAGES = 64 * 1024


def burst(tunnel: Tunnel) -> None:
    """Fill every queue while the daemons do not run, so that each gets the largest
    bursts that there are, however fast the machine is."""
    ends = tunnel.left, tunnel.right
    for stopped in ends:
        stopped.daemon.send_signal(signal.SIGSTOP)
        for sender, receiver in (ends, ends[::-1]):
            measure.small_packets(sender, receiver, seconds=0.1, payload=1300)
        stopped.daemon.send_signal(signal.SIGCONT)


def load(tunnel: Tunnel) -> None:
    """All kinds of traffic, both ways."""
    burst(tunnel)
    left, right = tunnel.left, tunnel.right
    for sender, receiver in ((left, right), (right, left)):
        address = receiver.address(4)
        measure.tcp(sender.host, receiver.host, address, MEGABYTES)
        measure.small_packets(sender, receiver, seconds=0.5)
        measure.round_trips(sender.host, address, 50)


@pytest.mark.slow
@pytest.mark.parametrize("plane", ("pywgd", "pywgd-python"))
def test_a_second_load_takes_no_memory(lab: Lab, plane: str) -> None:
    tunnel = lab.tunnel(plane, plane)
    tunnel.connect()
    for number in range(1, PEERS):
        address = f"10.9.{number}.0/24"
        tunnel.left.set("peer", public_key_of(new_key()), "allowed-ips", address)
    pid = tunnel.left.daemon.pid
    load(tunnel)
    after_one = measure.resident_bytes(pid)
    load(tunnel)
    assert measure.resident_bytes(pid) - after_one <= FEW_PAGES
