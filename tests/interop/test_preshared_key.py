"""Preshared keys."""

from base64 import b64encode

from tests.lab.topology import Tunnel

PSK, OTHER_PSK = (b64encode(letter * 32).decode() for letter in (b"a", b"b"))


def test_peer_is_reachable_when_the_preshared_keys_match(tunnel: Tunnel) -> None:
    tunnel.connect(preshared_key=PSK)
    assert tunnel.left.pings(tunnel.right)


def test_peer_is_unreachable_while_the_preshared_keys_differ(tunnel: Tunnel) -> None:
    tunnel.connect(preshared_key=PSK)
    tunnel.right.set_peer(tunnel.left, "preshared-key", "/dev/stdin", stdin=OTHER_PSK)
    assert not tunnel.left.pings(tunnel.right, seconds=2)
    assert tunnel.left.handshake_time(tunnel.right) == 0
    tunnel.right.set_peer(tunnel.left, "preshared-key", "/dev/stdin", stdin=PSK)
    assert tunnel.left.pings(tunnel.right)


def test_session_is_kept_when_the_preshared_key_changes(tunnel: Tunnel) -> None:
    tunnel.connect(preshared_key=PSK)
    assert tunnel.left.pings(tunnel.right)
    before = tunnel.left.handshake_time(tunnel.right)
    for end, peer in (tunnel.left, tunnel.right), (tunnel.right, tunnel.left):
        end.set_peer(peer, "preshared-key", "/dev/stdin", stdin=OTHER_PSK)
    assert tunnel.left.pings(tunnel.right)
    assert tunnel.left.handshake_time(tunnel.right) == before
