"""Datagrams without a valid mac1 or tag get no reply."""

import random
import socket

from tests.lab.topology import Tunnel
from tests.lab.wireguard import PORT

# (type, size) of datagrams that resemble messages.
SHAPES = [(1, 148), (2, 92), (3, 64), (4, 32), (4, 1452), (0, 148), (5, 148), (1, 1)]


def test_invalid_datagrams_get_no_reply_and_do_not_disturb_the_session(
    tunnel: Tunnel,
) -> None:
    tunnel.connect()
    assert tunnel.left.pings(tunnel.right)
    noise = random.Random(4)
    with tunnel.left.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((tunnel.right.outside[4], PORT))
        for kind, size in SHAPES:
            sender.send((bytes([kind, 0, 0, 0]) + noise.randbytes(size))[:size])
        sender.settimeout(0.5)
        try:
            reply = sender.recv(65536)
        except TimeoutError:
            reply = None
    assert reply is None
    assert tunnel.left.pings(tunnel.right)
