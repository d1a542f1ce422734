"""``python -m qemu.guest.transfer receive|send ...``: transfer bytes over TCP.

The data is sent in large pieces, so that the tunnel limits the speed. The content
follows from the size, so that both ends know it. The receiver writes it to a file,
whose size shows the progress, and prints the seconds from the first byte to the last.
A receiver that was given a size to pause at reads no more than that until a line
arrives on its standard input: the transfer cannot be complete before, however fast the
machine is.
"""

import random
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

COMMAND = ("python3", "-m", "qemu.guest.transfer")
PORT = 5001
PIECE = 1 << 16


def content(size: int) -> bytes:
    """Return the content of a transfer of ``size`` bytes."""
    return random.Random(size).randbytes(size)


def is_listening(run: Callable[..., str]) -> bool:
    """Return whether a receiver listens; ``run`` runs a command where it would be."""
    return f":{PORT} " in run("ss", "--listening", "--tcp", "--numeric")


def assert_complete(path: Path, size: int) -> None:
    """Check that the received file is complete and unchanged."""
    arrived = path.read_bytes()
    assert arrived == content(size), (
        f"{len(arrived)} of {size} bytes received, or their content differs"
    )


def receive(path: Path, pause_at: int = 0) -> None:
    """Write what one connection carries to ``path``; pause after ``pause_at`` bytes."""
    with socket.create_server(("", PORT)) as server, path.open("wb", 0) as file:
        connection, _ = server.accept()
        start = time.monotonic()
        while file.tell() < pause_at:
            file.write(connection.recv(min(PIECE, pause_at - file.tell())))
        if pause_at:
            sys.stdin.readline()
        while piece := connection.recv(PIECE):
            file.write(piece)
        print(time.monotonic() - start)


def send(address: str, size: int) -> None:
    """Connect to ``address`` and send ``size`` bytes."""
    data = content(size)
    with socket.create_connection((address, PORT)) as connection:
        connection.sendall(data)


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive(Path(sys.argv[2]), *map(int, sys.argv[3:]))
    else:
        send(sys.argv[2], int(sys.argv[3]))
