"""Interfaces that are taken down and brought up again."""

from .world import Node, World, pair

PAUSE = 600_000


def talked() -> tuple[World, Node, Node]:
    """Alice has said something a second ago."""
    world, alice, bob = pair()
    alice.say(bob, b"before")
    world.run(1_000)
    return world, alice, bob


def test_the_first_packet_after_down_and_up_waits_for_a_handshake_alone() -> None:
    world, alice, bob = talked()
    alice.take_down()
    world.run(100)
    alice.bring_up()
    alice.say(bob, b"after")
    # Initiation, response, and the packet itself: three times across the wire.
    world.run(3 * 5)
    assert bob.heard() == [b"before", b"after"]


def test_an_idle_interface_that_goes_down_and_up_begins_no_handshake() -> None:
    for mover in (0, 1):
        for pause in (100, PAUSE):
            world, *nodes = talked()
            node = nodes[mover]
            node.take_down()
            world.run(pause)
            node.bring_up()
            up = world.now
            world.run(30_000)
            assert node.initiations(up) == [], f"node {mover}, {pause} ms"


def test_a_packet_that_came_while_the_interface_was_down_leaves_once_it_is_up() -> None:
    world, alice, bob = pair()
    alice.take_down()
    alice.say(bob, b"early")
    world.run(1_000)
    assert alice.sent == []
    alice.bring_up()
    world.run(3 * 5)
    assert bob.heard() == [b"early"]
