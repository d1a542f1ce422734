"""Peers that do not answer: rekey, retries, and their end."""

from itertools import pairwise

from .network import Link, Node, Simulation, pair, send_numbers

RETRY, MOST_JITTER = 5_000, 333
DEAD = 15_000
GIVE_UP = 90_000


class LosesData(Link):
    """A link that loses all transport data."""

    def delays_of(self, datagram: bytes) -> list[int]:
        return [] if datagram[0] == 4 else super().delays_of(datagram)


def with_a_lost_packet() -> tuple[Simulation, Node, Node]:
    """Return nodes with a session whose last packet was lost."""
    simulation, alice, bob = pair()
    alice.send_text(bob, b"there?")
    simulation.run(20_000)
    alice.link.loss = 1.0
    alice.send_text(bob, b"still there?")
    return simulation, alice, bob


def test_handshakes_are_retried_for_ninety_seconds_when_a_peer_vanished() -> None:
    simulation, alice, _ = with_a_lost_packet()
    begin = simulation.now
    simulation.run(700_000)
    times = alice.initiations(begin)
    assert DEAD <= times[0] <= DEAD + MOST_JITTER
    assert all(RETRY <= b - a <= RETRY + MOST_JITTER for a, b in pairwise(times))
    assert GIVE_UP - RETRY - MOST_JITTER <= times[-1] - times[0] < GIVE_UP


def test_data_after_the_last_retry_begins_another_handshake() -> None:
    for pause in (110_000, 150_000, 700_000):
        simulation, alice, bob = with_a_lost_packet()
        simulation.run(pause)
        begin = simulation.now
        assert alice.initiations(begin - 1_000) == [], pause
        alice.send_text(bob, b"and now?")
        simulation.run(DEAD + MOST_JITTER)
        assert alice.initiations(begin), pause
        alice.link.loss = 0.0
        simulation.run(RETRY + MOST_JITTER + 100)
        assert (
            alice.current_keypair().local_index == bob.current_keypair().remote_index
        ), pause


def test_a_receiver_sends_keepalives_through_every_rekey() -> None:
    simulation, alice, bob = pair()
    begin = simulation.now
    send_numbers(simulation, alice, bob, 200, 400_000 // 200)
    simulation.run(400_000)
    assert len(alice.initiations(begin)) == 4
    # Data comes every 200 ms; the response to a rekey puts the next keepalive off.
    answers = [begin, *(when for when, _ in bob.sent), simulation.now]
    assert max(b - a for a, b in pairwise(answers)) <= 10_000 + 200 + 5


def test_a_rekey_follows_data_that_is_lost_while_handshakes_pass() -> None:
    simulation, alice, bob = pair(LosesData())
    begin = simulation.now
    send_numbers(simulation, alice, bob, 500, 115_000 // 500)
    simulation.run(115_000)
    times = alice.initiations(begin)
    assert len(times) == 8
    assert all(DEAD <= b - a <= DEAD + 500 + MOST_JITTER for a, b in pairwise(times))


# Milliseconds: within a session, after handshakes ended, after keys were wiped.
OFFLINE = (30_000, 250_000, 1_000_000)
KEEPALIVE = 25


def test_persistent_keepalive_goes_on_when_nothing_could_be_sent_for_a_while() -> None:
    for pause in OFFLINE:
        simulation, alice, bob = pair()
        alice.add_peer(bob, keepalive=KEEPALIVE)
        simulation.run(5_000)
        before = alice.transport.facts(0).tx_bytes
        alice.is_offline = True
        simulation.run(pause)
        assert alice.transport.facts(0).tx_bytes == before
        alice.is_offline = False
        begin = simulation.now
        simulation.run(KEEPALIVE * 1_000 + RETRY + MOST_JITTER)
        assert bob.transport.facts(0).last_received > begin, pause


def test_data_that_could_not_be_sent_begins_a_handshake() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"there?")
    simulation.run(20_000)
    sent = alice.transport.facts(0).last_data_sent
    alice.is_offline = True
    alice.send_text(bob, b"lost")
    assert alice.transport.facts(0).last_data_sent == sent
    alice_peer = alice.device.peers.with_id(0)
    simulation.run(DEAD + MOST_JITTER)
    # The endpoint tracker and the source address depend on it.
    assert alice_peer is not None and alice_peer.initiations_unanswered == 1


def test_passive_keepalive_is_repeated_when_it_could_not_be_sent() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"there?")
    simulation.run(5_000)
    bob.is_offline = True
    alice.send_text(bob, b"and now?")
    simulation.run(12_000)
    bob.is_offline = False
    begin = simulation.now
    simulation.run(10_000)
    assert [data[0] for when, data in bob.sent if when > begin]
