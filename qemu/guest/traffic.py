"""Traffic between two peers: pings and a TCP transfer."""

import re
import subprocess
from pathlib import Path
from subprocess import PIPE, Popen
from typing import NamedTuple

from qemu.guest import transfer
from qemu.guest.peers import Peer
from qemu.guest.shell import wait_until

# Seconds after which a stalled transfer is stopped.
TRANSFER_LIMIT = "600"
TRANSFER = ("busybox", "timeout", TRANSFER_LIMIT, *transfer.COMMAND)


class Pings(NamedTuple):
    """The counters of ping(8) and the average round trip in milliseconds."""

    sent: int
    received: int
    average_ms: float


def ping(peer: Peer, address: str, count: int = 1, wait: int = 30) -> Pings:
    """Ping ``address`` once a second; wait up to ``wait`` seconds for a reply."""
    command = ["ping", "-q", "-c", str(count), "-W", str(wait)]
    # The exit code holds nothing that the counters do not.
    result = subprocess.run(
        peer.command(*command, address), capture_output=True, text=True
    )
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", result.stdout)
    assert counts, f"ping: {result.stderr.strip()}"
    average = re.search(r"min/avg/max/mdev = [\d.]+/([\d.]+)", result.stdout)
    return Pings(int(counts[1]), int(counts[2]), float(average[1]) if average else 0.0)


def send(size: int, sender: Peer, receiver: Peer) -> float:
    """Send ``size`` bytes over TCP through the tunnel and return the seconds it took.

    Raises:
        AssertionError: the received content differs.
    """
    file = Path("/tmp", receiver.namespace)
    receive = receiver.command(*TRANSFER, "receive", str(file))
    with Popen(receive, stdout=PIPE) as receiving:
        wait_until(lambda: transfer.is_listening(receiver.run), "the receiver listens")
        sender.run(*TRANSFER, "send", receiver.inside[4], str(size))
        assert receiving.stdout
        seconds = receiving.stdout.read()
    transfer.assert_complete(file, size)
    return float(seconds)
