"""Staged packets: limits and order."""

from collections.abc import Callable

from pywg_embedded.dataplane import events
from pywg_embedded.dataplane.limits import Limits

from .packets import ipv4
from .rig import RemoteSession, Rig

A_PEER, IN_ALL = Limits().staged_a_peer, Limits().staged


def numbered(n: int, peer: int = 0) -> bytes:
    return ipv4("10.0.0.1", f"10.{peer}.0.1", n.to_bytes(2, "big"))


def peer_without_session(rig: Rig, peer: int) -> None:
    rig.add_peer(peer, f"10.{peer}.0.0/16")


def stage(rig: Rig, peer: int, count: int) -> None:
    for n in range(count):
        rig.write_tun(numbered(n, peer))


def numbers(end: RemoteSession, datagrams: list[bytes]) -> list[int]:
    """Return the numbers of the sent packets, -1 for a keepalive."""
    plaintexts = [end.open(datagram) for datagram in datagrams]
    return [int.from_bytes(p[20:22], "big") if p else -1 for p in plaintexts]


def released(rig: Rig, peer: int) -> list[int]:
    """Install a keypair, and return the numbers of the packets that are sent."""
    return numbers(rig.session(peer), rig.sent_data())


def test_staged_packets_are_sent_in_order_with_a_keypair(rig: Rig) -> None:
    peer_without_session(rig, 0)
    stage(rig, 0, 5)
    assert rig.sent_data() == []
    assert released(rig, 0) == [0, 1, 2, 3, 4]
    assert rig.drops() == {}


def test_staged_packets_are_sent_when_a_keypair_is_confirmed(rig: Rig) -> None:
    peer_without_session(rig, 0)
    stage(rig, 0, 3)
    end = rig.session(0, initiator=False)
    assert rig.sent_data() == []
    rig.deliver(end.seal())
    assert numbers(end, rig.sent_data()) == [0, 1, 2]


def test_the_oldest_packets_are_dropped_at_the_limit_of_a_peer(rig: Rig) -> None:
    peer_without_session(rig, 0)
    stage(rig, 0, A_PEER + 3)
    assert rig.drops() == {"staging_full": 3}
    assert released(rig, 0) == list(range(3, A_PEER + 3))


def test_the_oldest_packets_are_dropped_at_the_limit_of_all_peers(rig: Rig) -> None:
    peers = IN_ALL // A_PEER + 1
    for peer in range(peers):
        peer_without_session(rig, peer)
        stage(rig, peer, A_PEER)
    assert rig.drops() == {"staging_full": A_PEER}
    # Only the confirming keepalive remains for the first peer.
    assert released(rig, 0) == [-1]
    assert released(rig, peers - 1) == list(range(A_PEER))


def test_a_peer_at_its_limit_does_not_affect_others(rig: Rig) -> None:
    peer_without_session(rig, 0)
    peer_without_session(rig, 1)
    stage(rig, 1, 2)
    stage(rig, 0, 3 * A_PEER)
    assert released(rig, 1) == [0, 1]


def test_limits_are_applied_exactly(make_rig: Callable[[Limits], Rig]) -> None:
    limits = Limits()
    limits.staged, limits.staged_a_peer = 3, 2
    rig = make_rig(limits)
    for peer in range(2):
        peer_without_session(rig, peer)
        stage(rig, peer, 3)
    assert [released(rig, peer) for peer in range(2)] == [[2], [1, 2]]


def test_purged_packets_are_counted_as_drops(rig: Rig) -> None:
    peer_without_session(rig, 0)
    stage(rig, 0, 3)
    rig.plane.purge_staged(0)
    assert rig.drops() == {"no_keypair": 3}
    assert released(rig, 0) == [-1]


def test_one_keepalive_is_staged_and_none_behind_data(rig: Rig) -> None:
    peer_without_session(rig, 0)
    rig.plane.send_keepalive(0)
    rig.plane.send_keepalive(0)
    assert rig.events() == [(events.HANDSHAKE_NEEDED, 0)]
    assert released(rig, 0) == [-1]
    rig.plane.wipe_keypairs(0)
    stage(rig, 0, 1)
    rig.plane.send_keepalive(0)
    assert released(rig, 0) == [0]


def test_sending_staged_packets_without_a_keypair_requests_a_handshake(
    rig: Rig,
) -> None:
    peer_without_session(rig, 0)
    rig.plane.send_staged(0)
    assert rig.events() == []
    stage(rig, 0, 1)
    assert rig.events() == [(events.HANDSHAKE_NEEDED, 0)]
    rig.now += 5_000
    rig.plane.send_staged(0)
    assert rig.events() == [(events.HANDSHAKE_NEEDED, 0)]
