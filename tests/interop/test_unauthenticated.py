"""Whoever cannot prove to know the responder's key hears nothing from it."""

import random
import socket

from tests.lab.topology import Tunnel
from tests.lab.wireguard import PORT

# (message type, size) of what looks like a message at first sight.
SHAPES = [(1, 148), (2, 92), (3, 64), (4, 32), (4, 1452), (0, 148), (5, 148), (1, 1)]


def test_noise_gets_no_reply_and_does_no_harm(tunnel: Tunnel) -> None:
    tunnel.connect()
    assert tunnel.left.pings(tunnel.right)
    noise = random.Random(4)
    with tunnel.left.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.connect((tunnel.right.outside[4], PORT))
        for kind, size in SHAPES:
            stranger.send((bytes([kind, 0, 0, 0]) + noise.randbytes(size))[:size])
        stranger.settimeout(0.5)
        try:
            answer = stranger.recv(65536)
        except TimeoutError:
            answer = None
    assert answer is None
    assert tunnel.left.pings(tunnel.right)
