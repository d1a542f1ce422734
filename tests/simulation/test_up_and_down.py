"""Interfaces that go down and up."""

from .network import Node, Simulation, pair

PAUSE = 600_000


def talked() -> tuple[Simulation, Node, Node]:
    """Return nodes with a session, one second after a packet."""
    simulation, alice, bob = pair()
    alice.send_text(bob, b"before")
    simulation.run(1_000)
    return simulation, alice, bob


def test_the_first_packet_after_down_and_up_waits_for_one_handshake() -> None:
    simulation, alice, bob = talked()
    alice.set_down()
    simulation.run(100)
    alice.set_up()
    alice.send_text(bob, b"after")
    # Initiation, response, and the packet itself: three times across the link.
    simulation.run(3 * 5)
    assert bob.received_texts() == [b"before", b"after"]


def test_no_handshake_begins_after_down_and_up_when_idle() -> None:
    for mover in (0, 1):
        for pause in (100, PAUSE):
            simulation, *nodes = talked()
            node = nodes[mover]
            node.set_down()
            simulation.run(pause)
            node.set_up()
            up = simulation.now
            simulation.run(30_000)
            assert node.initiations(up) == [], f"node {mover}, {pause} ms"


def test_a_packet_staged_while_down_is_sent_after_up() -> None:
    simulation, alice, bob = pair()
    alice.set_down()
    alice.send_text(bob, b"early")
    simulation.run(1_000)
    assert alice.sent == []
    alice.set_up()
    simulation.run(3 * 5)
    assert bob.received_texts() == [b"early"]
