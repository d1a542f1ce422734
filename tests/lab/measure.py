"""Measure throughput, round trips, packet rate, CPU time and memory."""

import os
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .host import Host
from .wireguard import WireGuard

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_CHUNK = memoryview(bytes(128 * 1024))
_STALL_SECONDS = 120
_DISCARD_PORT = 9


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def resident_bytes(pid: int, peak: bool = False) -> int:
    """Return the resident memory of a process, or its peak."""
    status = Path(f"/proc/{pid}/status").read_text()
    name = "VmHWM" if peak else "VmRSS"
    kilobytes = re.search(rf"{name}:\s+(\d+) kB", status)
    if not kilobytes:
        raise ProcessLookupError(pid)
    return int(kilobytes[1]) * 1024


@dataclass(frozen=True)
class Transfer:
    """A TCP transfer: payload bytes and duration in seconds."""

    payload: int
    seconds: float

    @property
    def bits_per_second(self) -> float:
        return self.payload * 8 / self.seconds


def tcp(sender: Host, receiver: Host, address: str, size: int) -> Transfer:
    """Send ``size`` bytes to ``address`` and wait for the last one."""
    with receiver.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((address, 0))
        listener.listen()
        with ThreadPoolExecutor(1) as thread:
            arrived = thread.submit(_receive_all, listener)
            start = time.monotonic()
            _send(sender, listener.getsockname(), size)
            return Transfer(arrived.result(), time.monotonic() - start)


def _send(sender: Host, target: tuple[str, int], size: int) -> None:
    with sender.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        stream.settimeout(_STALL_SECONDS)
        stream.connect(target)
        for offset in range(0, size, len(_CHUNK)):
            stream.sendall(_CHUNK[: size - offset])


def _receive_all(listener: socket.socket) -> int:
    listener.settimeout(_STALL_SECONDS)
    stream, _ = listener.accept()
    buffer = bytearray(len(_CHUNK))
    received = 0
    with stream:
        stream.settimeout(_STALL_SECONDS)
        while count := stream.recv_into(buffer):
            received += count
    return received


def round_trips(host: Host, address: str, count: int) -> list[float]:
    """Return the round trips of ``count`` pings in milliseconds, sorted."""
    ping = ("ping", "-n", "-A", f"-c{count}", address)
    output = host.run(*ping, check=False).stdout
    return sorted(map(float, re.findall(r"time=([\d.]+) ms", output)))


def small_packets(
    sender: WireGuard, receiver: WireGuard, seconds: float, payload: int = 64
) -> float:
    """Return UDP datagrams per second that arrive while the sender sends all it can."""
    address = (receiver.address(4), _DISCARD_PORT)
    with (
        receiver.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink,
        sender.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as source,
    ):
        # Its buffer overflows, but the kernel counts the datagrams before that.
        sink.bind(address)
        source.connect(address)
        before = datagrams_arrived(receiver)
        spent = _flood(source, bytes(payload), seconds)
        return (datagrams_arrived(receiver) - before) / spent


def _flood(source: socket.socket, datagram: bytes, seconds: float) -> float:
    start = time.monotonic()
    while (spent := time.monotonic() - start) < seconds:
        for _ in range(64):
            source.send(datagram)
    return spent


def datagrams_arrived(end: WireGuard) -> int:
    """Return the datagrams that sockets received or dropped. The counters of the device
    would count a packet that GRO has merged as one."""
    text = end.host.run("cat", "/proc/net/snmp").stdout
    names, values = (line.split() for line in text.splitlines() if line[:4] == "Udp:")
    count = dict(zip(names, values))
    return int(count["InDatagrams"]) + int(count["RcvbufErrors"])
