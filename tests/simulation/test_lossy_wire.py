"""A wire that loses, repeats and reorders; clocks that jump."""

from itertools import pairwise

from pywg_embedded.core.config import InterfaceChange, PeerChange

from .world import START, Node, Wire, World, pair, talk

MINUTE = 60_000
YEAR_NS = 365 * 86_400 * 10**9


def restart(node: Node, peer: Node) -> None:
    """The node forgets the peer, and waits for it to show itself."""
    change, gone, back = (
        InterfaceChange(),
        PeerChange(peer.public),
        PeerChange(peer.public),
    )
    gone.remove = True
    back.allowed_ips = {(peer.inner, 32): True}
    change.peers = [gone, back]
    node.configure(change)


def longest_silence(node: Node, begin: int, end: int) -> int:
    """The longest time between two packets that arrived."""
    times = [begin] + [when for when, _ in node.delivered] + [end]
    return max(later - earlier for earlier, later in pairwise(times))


def rough_wire(seed: int) -> Wire:
    wire = Wire(seed)
    wire.loss = 0.3
    wire.duplication = 0.2
    wire.delay = (1, 120)
    return wire


def test_thirty_percent_loss_reordering_and_duplicates_over_ten_rekeys() -> None:
    for seed in range(3):
        world, alice, bob = pair(rough_wire(seed))
        count = 21 * MINUTE // 250
        talk(world, alice, bob, 250, count)
        talk(world, bob, alice, 250, count)
        world.run(21 * MINUTE)
        for node in (alice, bob):
            assert len(set(node.heard())) == len(node.heard()), "duplicate delivered"
            share = len(node.heard()) / count
            assert share > 0.6, f"seed {seed}: {share:.2f} of 0.7 arrived"
            silence = longest_silence(node, START, world.now)
            # At most one handshake message after another is lost, each 5.3 s.
            assert silence < 4 * 5_333, f"seed {seed}: silent for {silence} ms"


def test_session_lives_through_ten_rekeys_without_losing_a_packet() -> None:
    world, alice, bob = pair()
    seen = set()
    for second in range(21 * 60):
        alice.say(bob, b"ping %d" % second)
        bob.say(alice, b"pong %d" % second)
        world.run(1_000)
        seen.add(alice.session().local_index)
    assert len(bob.heard()) == len(alice.heard()) == 21 * 60
    assert len(seen) == 11  # one each 120 s


def test_one_side_that_only_listens_keeps_its_session_too() -> None:
    world, alice, bob = pair()
    talk(world, alice, bob, 1_000, 10 * 60)
    world.run(10 * MINUTE + 100)
    assert len(bob.heard()) == 10 * 60


def test_initiator_that_only_listens_renews_before_the_session_ends() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"hello")
    world.run(100)
    talk(world, bob, alice, 1_000, 400)
    world.run(400_100)
    assert len(alice.heard()) == 400


def test_traffic_resumes_after_a_long_silence() -> None:
    world, alice, bob = pair()
    for n in range(5):
        alice.say(bob, str(n).encode())
        world.run(20 * MINUTE)
    assert bob.heard() == [b"0", b"1", b"2", b"3", b"4"]


def test_idle_tunnel_sends_nothing() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"hello")
    world.run(15_000)
    before = len(alice.sent) + len(bob.sent)
    world.run(60 * MINUTE)
    assert len(alice.sent) + len(bob.sent) == before


def test_keepalives_answer_data_but_never_keepalives() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"hello")
    world.run(MINUTE)
    # initiation, data / response, one keepalive 10 s later
    assert [len(data) for _, data in alice.sent] == [148, 64]
    assert [len(data) for _, data in bob.sent] == [92, 32]
    assert bob.sent[1][0] - alice.sent[1][0] in range(10_000, 10_020)


def test_one_sided_traffic_is_answered_every_ten_seconds() -> None:
    world, alice, bob = pair()
    talk(world, alice, bob, 500, 120)
    world.run(MINUTE)
    keepalives = [when for when, data in bob.sent if len(data) == 32]
    assert len(keepalives) == 5
    assert all(b - a >= 10_000 for a, b in pairwise(keepalives))
    assert sum(len(data) == 148 for _, data in alice.sent) == 1


def test_persistent_keepalive_keeps_its_interval_and_yields_to_traffic() -> None:
    world, alice, bob = pair()
    alice.know(bob, keepalive=25)
    world.run(10 * MINUTE)
    times = [when for when, _ in alice.sent]
    assert all(b - a <= 25_100 for a, b in pairwise(times))
    keepalives = sum(len(data) == 32 for _, data in alice.sent)
    handshakes = sum(len(data) == 148 for _, data in alice.sent)
    # One an interval, and one that confirms each session.
    assert keepalives <= 10 * MINUTE // 25_000 + handshakes
    alice.sent.clear()
    talk(world, alice, bob, 1_000, 60)
    world.run(MINUTE)
    # All but the one that confirms a new session, whose counter is 0.
    assert not [d for _, d in alice.sent if len(d) == 32 and any(d[8:16])]


def test_dead_peer_is_tried_for_ninety_seconds_with_jitter_then_left_alone() -> None:
    world, alice, bob = pair()
    alice.wire.loss = 1.0
    alice.say(bob, b"anyone?")
    world.run(5 * MINUTE)
    times = [when for when, _ in alice.sent]
    gaps = [b - a for a, b in pairwise(times)]
    assert all(5_000 <= gap <= 5_333 for gap in gaps)
    assert len(set(gaps)) > 3
    assert 90_000 - 5_333 <= times[-1] - times[0] <= 90_000 + 5_333
    assert alice.transport.drops["no session"] == 1
    alice.wire.loss = 0.0
    alice.say(bob, b"and now?")
    world.run(100)
    assert bob.heard() == [b"and now?"]


def test_dead_session_is_replaced_fifteen_seconds_after_unanswered_data() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"hello")
    world.run(1_000)
    restart(bob, alice)
    talk(world, alice, bob, 1_000, 30)
    world.run(30_100)
    initiations = [when for when, data in alice.sent if len(data) == 148]
    unanswered_since = next(when for when, data in alice.sent if data[0] == 4)
    assert 15_000 <= initiations[1] - unanswered_since <= 15_333
    assert bob.heard()[-1] == b"29"


def test_wall_clock_that_steps_back_ten_years_does_not_lock_the_peer_out() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"before")
    world.run(100)
    alice.wall_offset = -10 * YEAR_NS
    talk(world, alice, bob, 1_000, 400)
    world.run(400_100)
    assert len(bob.heard()) == 401
    assert "replayed initiation" not in bob.device.drops


def test_wall_clock_that_jumps_ahead_and_back_does_not_lock_the_peer_out() -> None:
    world, alice, bob = pair()
    for offset in (0, 5 * YEAR_NS, 0, -5 * YEAR_NS):
        alice.wall_offset = offset
        alice.say(bob, b"x")
        world.run(200_000)
    assert len(bob.heard()) == 4
    assert "replayed initiation" not in bob.device.drops


def test_sleep_of_hours_on_one_side_ends_with_a_new_session() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"good night")
    world.run(1_000)
    world.now += 8 * 60 * MINUTE  # boot time goes on, no timer ran
    alice.say(bob, b"good morning")
    world.run(100)
    assert bob.heard() == [b"good night", b"good morning"]
    assert sum(len(data) == 148 for _, data in alice.sent) == 2


def test_secrets_are_wiped_after_nine_minutes_of_silence() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"hello")
    world.run(100)
    keypairs = [alice.session(), bob.session()]
    world.run(9 * MINUTE - 200)
    assert all(any(pair.send_key) and any(pair.receive_key) for pair in keypairs)
    world.run(200)
    assert not any(any(pair.send_key) or any(pair.receive_key) for pair in keypairs)


def test_a_packet_waits_for_its_session_while_the_last_one_is_wiped() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"early")
    world.run(9 * MINUTE - 2_000)
    alice.wire.loss = 1.0
    alice.say(bob, b"late")
    world.run(4_000)
    alice.wire.loss = 0.0
    world.run(2_000)
    assert bob.heard() == [b"early", b"late"]


def test_preshared_key_changes_under_a_living_session() -> None:
    world, alice, bob = pair()
    talk(world, alice, bob, 500, 600)
    world.run(10_000)
    session = alice.session().local_index
    for node, other in ((alice, bob), (bob, alice)):
        change, peer = InterfaceChange(), PeerChange(other.public)
        peer.preshared_key = b"\x07" * 32
        change.peers = [peer]
        node.configure(change)
    world.run(1_000)
    assert alice.session().local_index == session
    world.run(300_000)
    assert alice.session().local_index != session
    assert len(bob.heard()) == 600


def test_different_preshared_keys_exchange_nothing() -> None:
    world, alice, bob = pair()
    alice.know(bob, psk=b"\x01" * 32)
    bob.know(alice, psk=b"\x02" * 32)
    talk(world, alice, bob, 500, 100)
    world.run(60_000)
    assert not bob.heard()
    assert alice.device.drops["response not authentic"]


def test_new_private_key_renews_every_session_at_once() -> None:
    world, alice, bob = pair()
    alice.say(bob, b"one")
    world.run(1_000)
    alice.become(Node(world, 3, alice.wire))
    world.run(100)
    bob.know(alice)
    alice.say(bob, b"two")
    world.run(6_000)
    assert bob.heard() == [b"one", b"two"]


def test_keepalive_wanted_before_the_endpoint_is_known_leaves_when_it_is() -> None:
    world = World()
    alice, bob = Node(world, 1, Wire()), Node(world, 2, Wire())
    bob.know(alice)
    change, peer = InterfaceChange(), PeerChange(bob.public)
    peer.persistent_keepalive = 25
    change.peers = [peer]
    alice.configure(change)
    world.run(100)
    alice.know(bob, keepalive=25)
    world.run(100)
    assert alice.session().local_index == bob.session().remote_index


def test_packets_in_flight_under_the_old_session_still_arrive() -> None:
    wire = Wire()
    world, alice, bob = pair(wire)
    alice.say(bob, b"first")
    world.run(120_000)
    wire.delay = (40, 40)
    talk(world, alice, bob, 1, 300)
    world.run(1_000)
    assert len(bob.heard()) == 301
