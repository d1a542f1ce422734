"""``python -m tests.bench.table_memory``: memory and start-up by size of the tables.

Each row is a daemon that configures itself from a UCI file with so many peers, and so
many allowed IPs in all: its resident memory once it runs, its peak, and the seconds
from its start until its control socket answers.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.lab.host import Host
from tests.lab.uci_router import UciRouter
from tests.lab.wireguard import new_key, public_key_of, unique_name

# Peers, allowed IPs.
ROWS = (
    (1, 1), (64, 64), (1_000, 1_000), (1, 1_024), (1, 30_000), (1, 130_000),
)  # fmt: skip


def measure(peers: int, allowed_ips: int) -> tuple[int, int, float]:
    """Return resident and peak memory in KiB, and seconds of a start."""
    with tempfile.TemporaryDirectory() as folder, Host(unique_name()) as host:
        router = UciRouter(host, Path(folder))
        networks = [
            f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(allowed_ips)
        ]
        for index in range(peers):
            share = networks[index::peers]
            key = f"option public_key '{public_key_of(new_key())}'"
            router.peers.append([key, *(f"list allowed_ips '{ip}'" for ip in share)])
        before = time.monotonic()
        daemon = router.start()
        seconds = time.monotonic() - before
        shown = router.host.run("wg", "show", router.name, "allowed-ips").stdout
        assert shown.count("/32") == allowed_ips, router.said()
        text = Path(f"/proc/{daemon.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in text.splitlines())
        router.stop()
    resident, peak = (int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM"))
    return resident, peak, seconds


def main() -> int:
    """Print a row for each size and return the exit code."""
    print("peers  allowed IPs  resident KiB  peak KiB  start s")
    for peers, allowed_ips in ROWS:
        resident, peak, seconds = measure(peers, allowed_ips)
        print(f"{peers:5}  {allowed_ips:11}  {resident:12}  {peak:8}  {seconds:7.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
