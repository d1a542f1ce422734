"""``python -m qemu.guest.stream receive|send ADDRESS PORT FILE``: one file over TCP.

In large pieces, so that it is the tunnel that takes the time. Whoever receives prints
the seconds from the first byte to the last, and fails if they are not those of FILE.
"""

import socket
import sys
import time
from pathlib import Path


def receive(address: tuple[str, int], file: Path) -> None:
    expected = file.read_bytes()
    arrived = bytearray(len(expected) + 1)
    with socket.create_server(address) as server:
        connection, _ = server.accept()
        start = time.monotonic()
        length = fill(connection, memoryview(arrived))
        print(time.monotonic() - start)
    if arrived[:length] != expected:
        sys.exit(f"{length} bytes arrived, or others")


def fill(connection: socket.socket, buffer: memoryview) -> int:
    """How many bytes came before the end, or fit into the buffer."""
    length = 0
    while count := connection.recv_into(buffer[length:]):
        length += count
    return length


def send(address: tuple[str, int], file: Path) -> None:
    with socket.create_connection(address) as connection, file.open("rb") as content:
        connection.sendfile(content)


if __name__ == "__main__":
    action, host, port, name = sys.argv[1:]
    {"receive": receive, "send": send}[action]((host, int(port)), Path(name))
