"""Configuration changes at run time have their effect and no side effects."""

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
# Low-order points of Curve25519 and values congruent to them: a key agreement with one
# of these is refused.
LOW_ORDER_IDS = ["0", "1", "order-8-a", "order-8-b", "p-1", "p", "p+1"]
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
    """Return the [Peer] section of a wg(8) file."""
    allowed = ", ".join(bare(address) for address in peer.inside)
    endpoint = end.show_peer("endpoints", peer)
    lines = [f"PublicKey = {peer.public_key}", f"AllowedIPs = {allowed}"]
    return "\n".join(["[Peer]", *lines, f"Endpoint = {endpoint}", ""])


def test_peer_is_reachable_again_when_it_is_readded(tunnel: Tunnel) -> None:
    tunnel.connect()
    assert tunnel.left.pings(tunnel.right)
    tunnel.left.set_peer(tunnel.right, "remove")
    assert not tunnel.left.pings(tunnel.right, seconds=1)
    tunnel.left.add_peer(tunnel.right, endpoint=4)
    assert tunnel.left.pings(tunnel.right)


@pytest.mark.parametrize("change", ["setconf", "syncconf", "addconf"])
def test_session_is_kept_when_a_new_file_still_has_the_peer(
    pywgd_tunnel: Tunnel, change: str
) -> None:
    left, right = pywgd_tunnel.left, pywgd_tunnel.right
    pywgd_tunnel.connect()
    assert left.pings(right)
    new_peer = public_key_of(new_key())
    file = f"[Interface]\nPrivateKey = {left.private_key}\nListenPort = {PORT}\n"
    file += f"{stanza(left, right)}[Peer]\nPublicKey = {new_peer}\n"
    with capture(right.host, WIRE) as wire:
        left.host.run("wg", change, left.name, "/dev/stdin", stdin=file)
        assert left.pings(right)
        assert not list(wire.wireguard(INITIATION, seconds=0.5))
    assert set(left.show("peers").split()) == {right.public_key, new_peer}


def test_syncconf_removes_peers_that_the_file_lacks(tunnel: Tunnel) -> None:
    tunnel.connect()
    file = f"[Interface]\nPrivateKey = {tunnel.left.private_key}\n"
    left = tunnel.left
    left.host.run("wg", "syncconf", left.name, "/dev/stdin", stdin=file)
    assert left.show("peers") == ""


def test_sessions_are_renewed_when_the_private_key_changes(
    private_tunnel: Tunnel,
) -> None:
    left, right = private_tunnel.left, private_tunnel.right
    private_tunnel.connect()
    assert left.pings(right)
    right.remove_peers()
    left.private_key = new_key()
    left.public_key = public_key_of(left.private_key)
    right.add_peer(left)
    left.set("private-key", "/dev/stdin", stdin=left.private_key)
    assert left.show("public-key") == left.public_key
    assert left.pings(right)


def test_peer_is_ignored_when_it_has_the_own_public_key(tunnel: Tunnel) -> None:
    tunnel.connect()
    tunnel.left.add_peer(tunnel.left)
    assert tunnel.left.show("peers") == tunnel.right.public_key


def test_peer_follows_when_the_listen_port_changes(private_tunnel: Tunnel) -> None:
    left, right = private_tunnel.left, private_tunnel.right
    private_tunnel.connect()
    assert left.pings(right)
    right.set("listen-port", "4500")
    assert right.show("listen-port") == "4500"
    assert right.pings(left)
    here = at(right.outside[4], 4500)
    assert becomes(lambda: left.show_peer("endpoints", right) == here)


def test_listen_port_is_reported_when_it_is_random(private_tunnel: Tunnel) -> None:
    private_tunnel.left.set("listen-port", "0")
    assert int(private_tunnel.left.show("listen-port")) > 0


def test_change_is_refused_when_the_port_is_in_use(pywgd_tunnel: Tunnel) -> None:
    left, right = pywgd_tunnel.left, pywgd_tunnel.right
    pywgd_tunnel.connect()
    assert left.pings(right)
    before = left.show("allowed-ips"), left.show("persistent-keepalive")
    with left.host.socket(socket.AF_INET, socket.SOCK_DGRAM) as occupant:
        occupant.bind(("0.0.0.0", 4500))
        with pytest.raises(RuntimeError, match="Address already in use"):
            left.set("listen-port", "4500", *keepalive_of(right))
    assert left.show("listen-port") == str(PORT)
    assert before == (left.show("allowed-ips"), left.show("persistent-keepalive"))
    assert left.pings(right)


def test_packets_carry_the_fwmark_until_it_is_removed(
    private_tunnel: Tunnel,
) -> None:
    left, right = private_tunnel.left, private_tunnel.right
    left.host.nft(MARKED % PORT)
    private_tunnel.connect()
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


def test_peer_is_reachable_when_its_endpoint_is_set_later(pywgd_tunnel: Tunnel) -> None:
    pywgd_tunnel.connect()
    left, right = pywgd_tunnel.left, pywgd_tunnel.right
    left.remove_peers()
    left.add_peer(right, "persistent-keepalive", "1")
    assert not left.pings(right, seconds=1)
    left.set_peer(right, "endpoint", right.endpoint(4))
    assert left.pings(right)


def sends_to(end: WireGuard, key: str, target: WireGuard, seconds: float) -> bool:
    """Return whether a datagram is sent within ``seconds`` to a peer with this key and
    the endpoint of ``target``."""
    inside = target.address(4)
    where = ("endpoint", target.endpoint(4), "allowed-ips", inside)
    with capture(target.host, WIRE) as wire:
        end.set("peer", key, *where, "persistent-keepalive", "1")
        end.host.reaches(inside, seconds=1)
        packets = wire.packets(seconds)
        return any(packet.protocol == socket.IPPROTO_UDP for packet in packets)


@pytest.mark.parametrize("key", LOW_ORDER_POINTS, ids=LOW_ORDER_IDS)
def test_nothing_is_sent_when_the_public_key_is_a_low_order_point(
    pywgd_tunnel: Tunnel, key: str
) -> None:
    left, right = pywgd_tunnel.left, pywgd_tunnel.right
    assert not sends_to(left, key, right, seconds=0.1)
    assert sends_to(left, public_key_of(new_key()), right, seconds=DEADLINE)
