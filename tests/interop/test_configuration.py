"""Live changes: each does what it says and disturbs nothing else."""

import socket

import pytest

from tests.lab.capture import capture
from tests.lab.topology import WIRE, Tunnel
from tests.lab.wait import DEADLINE, becomes
from tests.lab.wireguard import PORT, WireGuard, at, bare, new_key, public_key_of

INITIATION = 1
MARKED = """
table inet probe {
    chain out {
        type filter hook output priority 0;
        udp sport %d meta mark 0x1234 counter
    }
}
"""
# Low-order points of Curve25519, and what is congruent to one: nobody can hold a
# session with these.
LOW_ORDER_POINTS = [
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
    "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc=",
    "7P///////////////////////////////////////38=",
    "7f///////////////////////////////////////38=",
    "7v///////////////////////////////////////38=",
]


def stanza(end: WireGuard, peer: WireGuard) -> str:
    """The peer as a wg(8) file has it."""
    allowed = ", ".join(bare(address) for address in peer.inside)
    endpoint = end.show_peer("endpoints", peer)
    lines = [f"PublicKey = {peer.public_key}", f"AllowedIPs = {allowed}"]
    return "\n".join(["[Peer]", *lines, f"Endpoint = {endpoint}", ""])


def test_a_peer_may_come_and_go(tunnel: Tunnel) -> None:
    tunnel.connect()
    assert tunnel.left.pings(tunnel.right)
    tunnel.left.set_peer(tunnel.right, "remove")
    assert not tunnel.left.pings(tunnel.right, seconds=1)
    tunnel.left.add_peer(tunnel.right, endpoint=4)
    assert tunnel.left.pings(tunnel.right)


@pytest.mark.parametrize("change", ["setconf", "syncconf", "addconf"])
def test_a_new_file_keeps_the_sessions_of_peers_it_still_names(
    our_tunnel: Tunnel, change: str
) -> None:
    left, right = our_tunnel.left, our_tunnel.right
    our_tunnel.connect()
    assert left.pings(right)
    newcomer = public_key_of(new_key())
    file = f"[Interface]\nPrivateKey = {left.private_key}\nListenPort = {PORT}\n"
    file += f"{stanza(left, right)}[Peer]\nPublicKey = {newcomer}\n"
    with capture(right.host, WIRE) as wire:
        left.host.run("wg", change, left.name, "/dev/stdin", stdin=file)
        assert left.pings(right)
        assert not list(wire.wireguard(INITIATION, seconds=0.5))
    assert set(left.show("peers").split()) == {right.public_key, newcomer}


def test_syncconf_removes_peers_that_the_file_no_longer_names(tunnel: Tunnel) -> None:
    tunnel.connect()
    file = f"[Interface]\nPrivateKey = {tunnel.left.private_key}\n"
    left = tunnel.left
    left.host.run("wg", "syncconf", left.name, "/dev/stdin", stdin=file)
    assert left.show("peers") == ""


def test_a_new_private_key_renews_the_sessions(own_tunnel: Tunnel) -> None:
    left, right = own_tunnel.left, own_tunnel.right
    own_tunnel.connect()
    assert left.pings(right)
    right.remove_peers()
    left.private_key = new_key()
    left.public_key = public_key_of(left.private_key)
    right.add_peer(left)
    left.set("private-key", "/dev/stdin", stdin=left.private_key)
    assert left.show("public-key") == left.public_key
    assert left.pings(right)


def test_the_own_key_is_no_peer(tunnel: Tunnel) -> None:
    tunnel.connect()
    tunnel.left.add_peer(tunnel.left)
    assert tunnel.left.show("peers") == tunnel.right.public_key


def test_the_listen_port_moves_and_the_peer_follows(own_tunnel: Tunnel) -> None:
    left, right = own_tunnel.left, own_tunnel.right
    own_tunnel.connect()
    assert left.pings(right)
    right.set("listen-port", "4500")
    assert right.show("listen-port") == "4500"
    assert right.pings(left)
    here = at(right.outside[4], 4500)
    assert becomes(lambda: left.show_peer("endpoints", right) == here)


def test_a_random_listen_port_is_reported(own_tunnel: Tunnel) -> None:
    own_tunnel.left.set("listen-port", "0")
    assert int(own_tunnel.left.show("listen-port")) > 0


def test_a_busy_port_is_refused_and_nothing_changes(our_tunnel: Tunnel) -> None:
    left, right = our_tunnel.left, our_tunnel.right
    our_tunnel.connect()
    assert left.pings(right)
    before = left.show("allowed-ips"), left.show("persistent-keepalive")
    with left.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as occupant:
        occupant.bind(("0.0.0.0", 4500))
        with pytest.raises(RuntimeError, match="Address already in use"):
            left.set("listen-port", "4500", *keepalive_of(right))
    assert left.show("listen-port") == str(PORT)
    assert before == (left.show("allowed-ips"), left.show("persistent-keepalive"))
    assert left.pings(right)


def test_the_firewall_mark_is_set_on_packets_until_it_is_taken_away(
    own_tunnel: Tunnel,
) -> None:
    left, right = own_tunnel.left, own_tunnel.right
    left.host.nft(MARKED % PORT)
    own_tunnel.connect()
    assert left.pings(right)
    assert marked_packets(left) == 0
    left.set("fwmark", "0x1234")
    assert left.pings(right)
    marked = marked_packets(left)
    assert marked > 0
    left.set("fwmark", "off")
    assert left.pings(right)
    assert marked_packets(left) == marked


def keepalive_of(peer: WireGuard) -> tuple[str, ...]:
    return ("peer", peer.public_key, "persistent-keepalive", "7")


def marked_packets(end: WireGuard) -> int:
    ruleset = end.host.run("nft", "list", "table", "inet", "probe").stdout
    return int(ruleset.partition("packets ")[2].split()[0])


def test_an_endpoint_that_comes_late_is_used(our_tunnel: Tunnel) -> None:
    our_tunnel.connect()
    left, right = our_tunnel.left, our_tunnel.right
    left.remove_peers()
    left.add_peer(right, "persistent-keepalive", "1")
    assert not left.pings(right, seconds=1)
    left.set_peer(right, "endpoint", right.endpoint(4))
    assert left.pings(right)


def sends_to(end: WireGuard, key: str, target: WireGuard, seconds: float) -> bool:
    """Whether anything leaves within ``seconds`` for a peer with this key at the
    target's address."""
    inside = target.address(4)
    where = ("endpoint", target.endpoint(4), "allowed-ips", inside)
    with capture(target.host, WIRE) as wire:
        end.set("peer", key, *where, "persistent-keepalive", "1")
        end.host.reaches(inside, seconds=1)
        packets = wire.packets(seconds)
        return any(packet.protocol == socket.IPPROTO_UDP for packet in packets)


@pytest.mark.parametrize("key", LOW_ORDER_POINTS, ids=range(1, 8))
def test_a_low_order_point_is_never_spoken_to(our_tunnel: Tunnel, key: str) -> None:
    left, right = our_tunnel.left, our_tunnel.right
    assert not sends_to(left, key, right, seconds=0.1)
    assert sends_to(left, public_key_of(new_key()), right, seconds=DEADLINE)
