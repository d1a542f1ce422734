"""Whom nobody answers: when a session counts as dead, and when one gives up."""

from itertools import pairwise

from .world import Node, Wire, World, pair, talk

RETRY, MOST_JITTER = 5_000, 333
DEAD = 15_000
GIVE_UP = 90_000


class LosesData(Wire):
    """Lets handshakes pass, and nothing else."""

    def arrivals(self, datagram: bytes) -> list[int]:
        return [] if datagram[0] == 4 else super().arrivals(datagram)


def with_a_lost_packet() -> tuple[World, Node, Node]:
    """Alice has said something in a session, and Bob was gone."""
    world, alice, bob = pair()
    alice.say(bob, b"there?")
    world.run(20_000)
    alice.wire.loss = 1.0
    alice.say(bob, b"still there?")
    return world, alice, bob


def test_data_to_a_peer_that_vanished_is_tried_for_ninety_seconds() -> None:
    world, alice, _ = with_a_lost_packet()
    begin = world.now
    world.run(700_000)
    times = alice.initiations(begin)
    assert DEAD <= times[0] <= DEAD + MOST_JITTER
    assert all(RETRY <= b - a <= RETRY + MOST_JITTER for a, b in pairwise(times))
    assert GIVE_UP - RETRY - MOST_JITTER <= times[-1] - times[0] < GIVE_UP


def test_data_that_is_sent_after_giving_up_begins_the_next_tries() -> None:
    for pause in (110_000, 150_000, 700_000):
        world, alice, bob = with_a_lost_packet()
        world.run(pause)
        begin = world.now
        assert alice.initiations(begin - 1_000) == [], pause
        alice.say(bob, b"and now?")
        world.run(DEAD + MOST_JITTER)
        assert alice.initiations(begin), pause
        alice.wire.loss = 0.0
        world.run(RETRY + MOST_JITTER + 100)
        assert alice.session().local_index == bob.session().remote_index, pause


def test_a_listener_sends_keepalives_through_every_rekey() -> None:
    world, alice, bob = pair()
    begin = world.now
    talk(world, alice, bob, 200, 400_000 // 200)
    world.run(400_000)
    assert len(alice.initiations(begin)) == 4
    # Data comes every 200 ms; the response to a rekey puts the next keepalive off.
    answers = [begin, *(when for when, _ in bob.sent), world.now]
    assert max(b - a for a, b in pairwise(answers)) <= 10_000 + 200 + 5


def test_data_that_is_lost_while_handshakes_pass_renews_the_session() -> None:
    world, alice, bob = pair(LosesData())
    begin = world.now
    talk(world, alice, bob, 500, 115_000 // 500)
    world.run(115_000)
    times = alice.initiations(begin)
    assert len(times) == 8
    assert all(DEAD <= b - a <= DEAD + 500 + MOST_JITTER for a, b in pairwise(times))
