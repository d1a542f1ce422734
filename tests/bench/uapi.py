"""A raw client of a daemon's control socket: text in, text out."""

import socket

from tests.lab.wireguard import socket_path

_CHUNK = 1 << 20
_PATIENCE = 60


def ask(name: str, request: str) -> str:
    """The answer of the interface ``name``; RuntimeError if it refuses."""
    with socket.socket(socket.AF_UNIX) as uapi:
        uapi.settimeout(_PATIENCE)
        uapi.connect(str(socket_path(name)))
        uapi.sendall(request.encode())
        answer = bytearray()
        while not answer.endswith(b"\n\n"):
            part = uapi.recv(_CHUNK)
            if not part:
                raise RuntimeError(f"{name}: the answer ends too early")
            answer += part
    if not answer.endswith(b"errno=0\n\n"):
        raise RuntimeError(f"{name}: {answer[-40:].decode()}")
    return answer.decode()
