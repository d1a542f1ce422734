"""The optional symmetric key of a pair of peers."""

from base64 import b64encode

from tests.lab.topology import Tunnel

PSK, OTHER_PSK = (b64encode(letter * 32).decode() for letter in (b"a", b"b"))


def test_the_same_key_on_both_sides_works(tunnel: Tunnel) -> None:
    tunnel.connect(preshared_key=PSK)
    assert tunnel.left.pings(tunnel.right)


def test_a_wrong_key_gives_silence_until_it_is_put_right(tunnel: Tunnel) -> None:
    tunnel.connect(preshared_key=PSK)
    tunnel.right.set_peer(tunnel.left, "preshared-key", "/dev/stdin", stdin=OTHER_PSK)
    assert not tunnel.left.pings(tunnel.right, seconds=2)
    assert tunnel.left.handshake_time(tunnel.right) == 0
    tunnel.right.set_peer(tunnel.left, "preshared-key", "/dev/stdin", stdin=PSK)
    assert tunnel.left.pings(tunnel.right)


def test_a_new_key_keeps_the_running_session(tunnel: Tunnel) -> None:
    tunnel.connect(preshared_key=PSK)
    assert tunnel.left.pings(tunnel.right)
    before = tunnel.left.handshake_time(tunnel.right)
    for end, peer in (tunnel.left, tunnel.right), (tunnel.right, tunnel.left):
        end.set_peer(peer, "preshared-key", "/dev/stdin", stdin=OTHER_PSK)
    assert tunnel.left.pings(tunnel.right)
    assert tunnel.left.handshake_time(tunnel.right) == before
