"""Simultaneous initiation: both handshakes complete, and traffic continues."""

import random
from functools import partial

from .network import START, Link, Node, Simulation, pair

PACKETS = 60
EVERY = 50


def chatter(simulation: Simulation, alice: Node, bob: Node, offset: int) -> None:
    """Let both sides send packets, Bob ``offset`` ms after Alice."""
    for n in range(PACKETS):
        text = str(n).encode()
        simulation.at(START + n * EVERY, partial(alice.send_text, bob, text))
        simulation.at(START + offset + n * EVERY, partial(bob.send_text, alice, text))


def delays(node: Node, begin: int) -> list[int]:
    """Return the delay of each received text."""
    return [when - begin - int(packet[20:]) * EVERY for when, packet in node.delivered]


def settled(alice: Node, bob: Node) -> bool:
    """Return whether both sides send under the same keypair."""
    mine = alice.current_keypair()
    theirs = bob.current_keypair()
    return mine.local_index == theirs.remote_index


def test_random_delays_stall_traffic_for_one_handshake_at_most() -> None:
    for seed in range(1000):
        chance = random.Random(seed)
        delay = chance.randint(1, 300)
        link = Link(seed)
        link.delay = (delay, delay)
        simulation, alice, bob = pair(link)
        offset = chance.randint(0, 2 * delay)
        chatter(simulation, alice, bob, offset)
        simulation.run(PACKETS * EVERY + 3_000)
        assert len(alice.delivered) == len(bob.delivered) == PACKETS, f"seed {seed}"
        # Initiation, response, and the packet itself: three times across the link.
        worst = max(delays(bob, START) + delays(alice, START + offset))
        assert worst <= 3 * delay, f"seed {seed}"
        assert settled(alice, bob), f"seed {seed}"


def test_no_packet_is_lost_with_varying_delays() -> None:
    for seed in range(300):
        link = Link(seed)
        link.delay = (1, 250)
        simulation, alice, bob = pair(link)
        chatter(simulation, alice, bob, link.random.randint(0, 250))
        simulation.run(PACKETS * EVERY + 3_000)
        for node in (alice, bob):
            heard = sorted(node.received_texts(), key=int)
            assert heard == [str(n).encode() for n in range(PACKETS)], f"seed {seed}"


def test_a_lost_handshake_message_costs_one_retry_at_most() -> None:
    retry = 5_000 + 333
    for lost in range(6):
        simulation, alice, bob = pair(LosesOne(lost))
        chatter(simulation, alice, bob, 2)
        simulation.run(PACKETS * EVERY + 2 * retry)
        for node, begin in ((bob, START), (alice, START + 2)):
            assert max(delays(node, begin)) <= retry + 30, f"message {lost}"
            # Staged packets are limited; all others arrive.
            assert len(node.delivered) >= 32, f"message {lost}"


class LosesOne(Link):
    """A link that loses one datagram, counted over both sides."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    def delays_of(self, datagram: bytes) -> list[int]:
        self._left -= 1
        return [] if self._left == -1 else super().delays_of(datagram)
