"""A client of the UAPI socket that sends and returns plain text."""

import socket

from tests.lab.wireguard import socket_path

_CHUNK = 1 << 20
_TIMEOUT = 60


def request(name: str, text: str) -> str:
    """Send a request to the interface ``name`` and return the reply.

    Raises:
        RuntimeError: the reply is incomplete or an error.
    """
    with socket.socket(socket.AF_UNIX) as uapi:
        uapi.settimeout(_TIMEOUT)
        uapi.connect(str(socket_path(name)))
        uapi.sendall(text.encode())
        reply = bytearray()
        while not reply.endswith(b"\n\n"):
            part = uapi.recv(_CHUNK)
            if not part:
                raise RuntimeError(f"{name}: incomplete reply")
            reply += part
    if not reply.endswith(b"errno=0\n\n"):
        raise RuntimeError(f"{name}: {reply[-40:].decode()}")
    return reply.decode()
