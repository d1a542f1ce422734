"""Memory is allocated once: a repeated load does not increase it."""

import signal

import pytest

from tests.lab import measure
from tests.lab.topology import Lab, Tunnel
from tests.lab.wireguard import new_key, public_key_of

PEERS = 16
MEGABYTES = 40 * 10**6
# Pages of the Python interpreter that may vary.
TOLERANCE = 64 * 1024


def burst(tunnel: Tunnel) -> None:
    """Fill every queue while a daemon is stopped, so that it processes bursts of the
    maximum size, however fast the machine is."""
    ends = tunnel.left, tunnel.right
    for stopped in ends:
        stopped.daemon.send_signal(signal.SIGSTOP)
        for sender, receiver in (ends, ends[::-1]):
            measure.small_packets(sender, receiver, seconds=0.1, payload=1300)
        stopped.daemon.send_signal(signal.SIGCONT)


def load(tunnel: Tunnel) -> None:
    """Send every kind of traffic in both directions."""
    burst(tunnel)
    left, right = tunnel.left, tunnel.right
    for sender, receiver in ((left, right), (right, left)):
        address = receiver.address(4)
        measure.tcp(sender.host, receiver.host, address, MEGABYTES)
        measure.small_packets(sender, receiver, seconds=0.5)
        measure.round_trips(sender.host, address, 50)


@pytest.mark.slow
@pytest.mark.parametrize("plane", ("pywgd", "pywgd-python"))
def test_memory_does_not_grow_when_a_load_is_repeated(lab: Lab, plane: str) -> None:
    tunnel = lab.tunnel(plane, plane)
    tunnel.connect()
    for subnet in range(1, PEERS):
        address = f"10.9.{subnet}.0/24"
        tunnel.left.set("peer", public_key_of(new_key()), "allowed-ips", address)
    pid = tunnel.left.daemon.pid
    load(tunnel)
    after_one = measure.resident_bytes(pid)
    load(tunnel)
    assert measure.resident_bytes(pid) - after_one <= TOLERANCE
