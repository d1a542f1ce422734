"""The slots of keypairs: which receive, which one sends, and their wiping."""

import errno

import pytest

from pywg_embedded.core.constants import INITIATION_SIZE, RESPONSE_SIZE
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.core.keypair import Keypair
from pywg_embedded.dataplane import events, native

from .packets import ipv4, sized
from .rig import RemoteSession, Rig, decrypt_all

PEER, OTHER = 3, 0
PREFIX = "10.1.0.0/16"
INCOMING = ipv4("10.1.0.1", "10.0.0.1", b"from there")

# The moves: I, R: a new keypair as initiator or responder (k: keep_next); cN: the
# remote end of keypair N sends. Then: the keypairs that receive, the one that sends.
MOVES: tuple[tuple[str, set[int], int | None], ...] = (
    ("I", {0}, 0),
    ("R", {0}, None),
    ("R c0", {0}, 0),
    # A new initiator keypair: the current becomes the previous.
    ("I I", {0, 1}, 1),
    ("I I I", {1, 2}, 2),
    # A new responder keypair waits for confirmation, and replaces the previous.
    ("I R", {0, 1}, 0),
    ("I I R", {1, 2}, 1),
    ("I R c1", {0, 1}, 1),
    ("I I R c2", {1, 2}, 2),
    # A second responder keypair before the first is confirmed.
    ("R R", {1}, None),
    ("I R R", {0, 2}, 0),
    ("I R R c2", {0, 2}, 2),
    # Simultaneous initiation: the next becomes the previous, or stays.
    ("R I", {0, 1}, 1),
    ("I R I", {1, 2}, 2),
    ("I R I c1", {1, 2}, 2),
    ("R Ik", {0, 1}, 1),
    ("R Ik c0", {0, 1}, 0),
    ("I R Ik", {0, 1, 2}, 2),
    ("I R Ik c1", {1, 2}, 1),
    ("I R Ik c2", {0, 1, 2}, 2),
    ("I Ik", {0, 1}, 1),
    # A keypair is confirmed once; packets under the previous move nothing.
    ("I R c1 c0", {0, 1}, 1),
    ("I R c1 c1 c0 c1", {0, 1}, 1),
)


def run_moves(rig: Rig, moves: str) -> list[RemoteSession]:
    ends: list[RemoteSession] = []
    for move in moves.split():
        if move[0] == "c":
            rig.deliver(ends[int(move[1:])].seal())
        else:
            ends.append(rig.session(PEER, move[0] == "I", move.endswith("k")))
    return ends


def receiving_keypairs(rig: Rig, ends: list[RemoteSession]) -> set[int]:
    return {n for n, end in enumerate(ends) if rig.plane.has_index(end.local_index)}


def sending_keypair(rig: Rig, ends: list[RemoteSession]) -> int | None:
    """Send a packet; return the keypair that it was sent under, or None."""
    rig.sent_data()
    rig.write_tun(sized(48))
    for datagram in rig.sent_data():
        return next(n for n, end in enumerate(ends) if end.open(datagram))
    return None


@pytest.mark.parametrize("row", range(len(MOVES)), ids=[str(row[0]) for row in MOVES])
def test_keypairs_move_through_three_slots(rig: Rig, row: int) -> None:
    moves, receive, sends = MOVES[row]
    rig.add_peer(PEER, PREFIX)
    ends = run_moves(rig, moves)
    assert receiving_keypairs(rig, ends) == receive
    assert sending_keypair(rig, ends) == sends
    for n, end in enumerate(ends):
        rig.deliver(end.seal(INCOMING))
        assert rig.read_tun() == ([INCOMING] if n in receive else []), n


@pytest.mark.parametrize("moves, count", [("I c0", 0), ("R c0 c0", 1), ("I R c1", 1)])
def test_a_responder_keypair_is_confirmed_once(
    rig: Rig, moves: str, count: int
) -> None:
    rig.add_peer(PEER, PREFIX)
    run_moves(rig, moves)
    confirmed = rig.events(events.KEY_CONFIRMED)
    assert confirmed == [(events.KEY_CONFIRMED, PEER)] * count


def test_a_forged_packet_confirms_nothing(rig: Rig) -> None:
    rig.add_peer(PEER, PREFIX)
    end = rig.session(PEER, initiator=False)
    rig.deliver(end.seal()[:-1] + b"\0")
    assert rig.events() == []
    assert sending_keypair(rig, [end]) is None


# Handshake messages


def test_a_sent_handshake_message_answers_data(rig: Rig) -> None:
    end = rig.connected_peer(PEER, PREFIX)
    rig.deliver(end.seal(INCOMING))
    before = rig.plane.facts(PEER).tx_bytes
    rig.now += 10
    rig.plane.record_handshake_sent(PEER, INITIATION_SIZE)
    facts = rig.plane.facts(PEER)
    assert (facts.data_received_since, facts.data_sent_since) == (0, 0)
    assert facts.last_sent == rig.now
    assert facts.tx_bytes == before + INITIATION_SIZE


def test_a_received_handshake_message_answers_data_and_sets_the_endpoint(
    rig: Rig,
) -> None:
    rig.connected_peer(PEER, PREFIX)
    rig.write_tun(sized(48))
    before = rig.plane.facts(PEER).rx_bytes
    rig.now += 10
    elsewhere = Endpoint(b"\x7f\0\0\2", 4000)
    rig.plane.record_handshake_received(PEER, RESPONSE_SIZE, elsewhere)
    facts = rig.plane.facts(PEER)
    assert (facts.data_sent_since, facts.data_received_since) == (0, 0)
    assert facts.last_received == rig.now
    assert facts.rx_bytes == before + RESPONSE_SIZE
    assert facts.endpoint.remote() == elsewhere.remote()


def test_no_data_is_unanswered_after_keypairs_are_wiped(rig: Rig) -> None:
    rig.connected_peer(PEER, PREFIX)
    rig.write_tun(sized(48))
    assert rig.plane.facts(PEER).data_sent_since
    rig.plane.wipe_keypairs(PEER)
    assert not rig.plane.facts(PEER).data_sent_since
    rig.deliver(rig.session(PEER).seal(INCOMING))
    assert rig.plane.facts(PEER).data_received_since
    rig.plane.wipe_keypairs(PEER)
    assert not rig.plane.facts(PEER).data_received_since


# Keys


def installed(rig: Rig, n: int, initiator: bool = True) -> Keypair:
    keypair = RemoteSession(n).keypair(initiator, rig.now)
    rig.plane.install_keypair(PEER, keypair, False)
    return keypair


def is_wiped(keypair: Keypair) -> bool:
    return not any(keypair.send_key + keypair.receive_key)


def assert_ended_ones_are_wiped(rig: Rig, keypairs: list[Keypair], ended: int) -> None:
    """Check that the oldest ``ended`` keypairs are wiped, unless keys are copied."""
    alive = [rig.plane.has_index(keypair.local_index) for keypair in keypairs]
    assert alive == [n >= ended for n in range(len(keypairs))]
    copied = isinstance(rig.plane, native.Plane)
    wiped = [is_wiped(keypair) for keypair in keypairs]
    assert wiped == [copied or not lives for lives in alive]


def test_the_keys_of_a_replaced_keypair_are_overwritten(rig: Rig) -> None:
    rig.add_peer(PEER, PREFIX)
    keypairs = [installed(rig, n) for n in range(4)]
    assert_ended_ones_are_wiped(rig, keypairs, ended=2)


def test_an_unconfirmed_keypair_is_overwritten_when_replaced(rig: Rig) -> None:
    rig.add_peer(PEER, PREFIX)
    keypairs = [installed(rig, n, initiator=False) for n in range(2)]
    assert_ended_ones_are_wiped(rig, keypairs, ended=1)


@pytest.mark.parametrize("ending", ["wipe_keypairs", "remove_peer", "wipe"])
def test_keys_are_overwritten_by_each_way_to_wipe_them(rig: Rig, ending: str) -> None:
    rig.add_peer(PEER, PREFIX)
    keypairs = [installed(rig, 1), installed(rig, 2), installed(rig, 3, False)]
    getattr(rig.plane, ending)(*([] if ending == "wipe" else [PEER]))
    assert all(is_wiped(keypair) for keypair in keypairs)
    assert not any(rig.plane.has_index(k.local_index) for k in keypairs)


def test_wiping_one_peer_leaves_the_others(rig: Rig) -> None:
    end = rig.connected_peer(OTHER, "10.2.0.0/16")
    rig.connected_peer(PEER, PREFIX)
    rig.plane.wipe_keypairs(PEER)
    packet = sized(48, destination="10.2.0.1")
    rig.write_tun(packet)
    assert decrypt_all(end, rig.sent_data()) == [packet]


# A new private key


def test_expired_keypairs_receive_but_do_not_send(rig: Rig) -> None:
    end = rig.connected_peer(PEER, PREFIX)
    rig.plane.expire_keypairs(PEER)
    rig.deliver(end.seal(INCOMING))
    assert rig.read_tun() == [INCOMING]
    assert sending_keypair(rig, [end]) is None
    assert rig.events(events.HANDSHAKE_NEEDED) == [(events.HANDSHAKE_NEEDED, PEER)]


def test_a_new_keypair_sends_after_the_others_expired(rig: Rig) -> None:
    old = rig.connected_peer(PEER, PREFIX)
    rig.plane.expire_keypairs(PEER)
    assert sending_keypair(rig, [old, rig.session(PEER)]) == 1


def test_an_unconfirmed_expired_keypair_does_not_send(rig: Rig) -> None:
    rig.add_peer(PEER, PREFIX)
    end = rig.session(PEER, initiator=False)
    rig.plane.expire_keypairs(PEER)
    rig.deliver(end.seal(INCOMING))
    assert rig.read_tun() == [INCOMING]
    assert sending_keypair(rig, [end]) is None


# The end of a peer


def test_nothing_remains_of_a_removed_peer(rig: Rig) -> None:
    end = rig.connected_peer(PEER, PREFIX)
    rig.add_peer(OTHER, "10.2.0.0/16")
    rig.write_tun(sized(48, destination="10.2.0.1"))
    rig.remove_peer(OTHER)
    rig.remove_peer(PEER)
    rig.events()
    assert not rig.plane.has_index(end.local_index)
    rig.deliver(end.seal(INCOMING))
    rig.write_tun(sized(48))
    assert rig.drops()["unknown_index"] == rig.drops()["no_peer"] == 1
    assert rig.events() == []


def test_a_peer_with_a_reused_id_starts_empty(rig: Rig) -> None:
    rig.connected_peer(PEER, PREFIX)
    rig.plane.wipe_keypairs(PEER)
    rig.write_tun(sized(40))
    rig.remove_peer(PEER)
    rig.add_peer(PEER)
    assert list(rig.plane.allowed_ips(PEER)) == []
    assert rig.plane.facts(PEER).rx_bytes == rig.plane.facts(PEER).tx_bytes == 0
    end = rig.session(PEER)
    assert decrypt_all(end, rig.sent_data()) == [b""]


def test_adding_a_peer_that_exists_is_refused_and_changes_nothing(rig: Rig) -> None:
    end = rig.connected_peer(PEER, PREFIX)
    with pytest.raises(FileExistsError) as refusal:
        rig.plane.add_peer(PEER)
    assert refusal.value.errno == errno.EEXIST
    # A second set of slots for the same peer would leak those of the first.
    for _ in range(8):
        with pytest.raises(FileExistsError):
            rig.plane.add_peer(PEER)
        newest = rig.session(PEER)
    assert rig.plane.has_index(newest.local_index)
    assert not rig.plane.has_index(end.local_index)
    rig.remove_peer(PEER)
    assert not rig.plane.has_index(newest.local_index)
