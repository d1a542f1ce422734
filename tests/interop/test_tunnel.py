"""Traffic through a tunnel, for each initiator and IP version."""

import socket

import pytest

from tests.lab.host import FAMILIES
from tests.lab.topology import Tunnel
from tests.lab.wait import DEADLINE, becomes

# Sizes around the padding unit and around the largest unfragmented datagram of MTU
# 1420, then fragmented datagrams.
SIZES = [0, 1, 15, 16, 17, 1371, 1372, 1373, 1391, 1392, 1393, 8000, 65000]


@pytest.mark.parametrize("outside", [4, 6], ids=["over-v4", "over-v6"])
@pytest.mark.parametrize("inside", [4, 6], ids=["v4-inside", "v6-inside"])
def test_ping_is_answered_through_the_tunnel(
    tunnel: Tunnel, outside: int, inside: int
) -> None:
    tunnel.connect(outside)
    assert tunnel.left.host.reaches(tunnel.right.address(inside))
    assert tunnel.left.show_peer("endpoints", tunnel.right) == (
        tunnel.right.endpoint(outside)
    )


def test_ping_is_not_answered_when_there_is_no_peer(tunnel: Tunnel) -> None:
    assert not tunnel.left.pings(tunnel.right, seconds=1)


def test_transfer_counters_of_both_ends_agree(tunnel: Tunnel) -> None:
    tunnel.connect()
    assert tunnel.left.pings(tunnel.right)
    assert becomes(lambda: counts_agree(tunnel))
    sent = tunnel.left.show_peer("transfer", tunnel.right).split("\t")
    assert all(int(count) > 0 for count in sent)


def counts_agree(tunnel: Tunnel) -> bool:
    """Return whether each end has received as many bytes as its peer has sent."""
    left = tunnel.left.show_peer("transfer", tunnel.right).split("\t")
    right = tunnel.right.show_peer("transfer", tunnel.left).split("\t")
    return left == right[::-1]


@pytest.mark.parametrize("inside", [4, 6], ids=["v4-inside", "v6-inside"])
def test_datagrams_of_any_size_arrive_unchanged(tunnel: Tunnel, inside: int) -> None:
    tunnel.connect()
    with (
        tunnel.right.host.socket(FAMILIES[inside], socket.SOCK_DGRAM) as receiver,
        tunnel.left.host.socket(FAMILIES[inside], socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind((tunnel.right.address(inside), 0))
        receiver.settimeout(DEADLINE)
        sender.connect(receiver.getsockname())
        for size in SIZES:
            datagram = bytes(n % 251 for n in range(size))
            sender.send(datagram)
            assert receiver.recv(65536) == datagram, f"{size} bytes"
