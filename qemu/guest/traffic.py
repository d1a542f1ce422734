"""Traffic between two peers: pings, and a file over TCP."""

import re
import subprocess
from pathlib import Path
from subprocess import PIPE, Popen
from typing import NamedTuple

from qemu.guest import transfer
from qemu.guest.peers import Peer
from qemu.guest.shell import eventually

# Seconds after which a transfer that stalls is cut off.
TRANSFER_LIMIT = "600"
TRANSFER = ("busybox", "timeout", TRANSFER_LIMIT, *transfer.COMMAND)


class Pings(NamedTuple):
    """What ping(8) counted; the average round trip in milliseconds."""

    sent: int
    received: int
    average_ms: float


def ping(peer: Peer, address: str, count: int = 1, wait: int = 30) -> Pings:
    """Ping ``address`` once a second; wait ``wait`` seconds for the first answer."""
    command = ["ping", "-q", "-c", str(count), "-W", str(wait)]
    # Its exit code only repeats what it counts.
    result = subprocess.run(
        peer.command(*command, address), capture_output=True, text=True
    )
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", result.stdout)
    assert counts, f"ping: {result.stderr.strip()}"
    average = re.search(r"min/avg/max/mdev = [\d.]+/([\d.]+)", result.stdout)
    return Pings(int(counts[1]), int(counts[2]), float(average[1]) if average else 0.0)


def send(size: int, sender: Peer, receiver: Peer) -> float:
    """Send so many bytes over TCP through the tunnel; the seconds taken.

    What arrives has to be what was sent.
    """
    file = Path("/tmp", receiver.namespace)
    receive = receiver.command(*TRANSFER, "receive", str(file))
    with Popen(receive, stdout=PIPE) as receiving:
        eventually(lambda: transfer.is_awaited(receiver.run), "the receiver listens")
        sender.run(*TRANSFER, "send", receiver.inside[4], str(size))
        assert receiving.stdout
        seconds = receiving.stdout.read()
    transfer.assert_complete(file, size)
    return float(seconds)
