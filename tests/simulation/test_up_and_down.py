"""Interfaces that are taken down and brought up again."""

from .network import Node, Simulation, pair

PAUSE = 600_000


def talked() -> tuple[Simulation, Node, Node]:
    """Alice has said something a second ago."""
    simulation, alice, bob = pair()
    alice.send_text(bob, b"before")
    simulation.run(1_000)
    return simulation, alice, bob


def test_the_first_packet_after_down_and_up_waits_for_a_handshake_alone() -> None:
    simulation, alice, bob = talked()
    alice.set_down()
    simulation.run(100)
    alice.set_up()
    alice.send_text(bob, b"after")
    # Initiation, response, and the packet itself: three times across the link.
    simulation.run(3 * 5)
    assert bob.received_texts() == [b"before", b"after"]


def test_an_idle_interface_that_goes_down_and_up_begins_no_handshake() -> None:
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


def test_a_packet_that_came_while_the_interface_was_down_leaves_once_it_is_up() -> None:
    simulation, alice, bob = pair()
    alice.set_down()
    alice.send_text(bob, b"early")
    simulation.run(1_000)
    assert alice.sent == []
    alice.set_up()
    simulation.run(3 * 5)
    assert bob.received_texts() == [b"early"]
