"""Links with loss, duplicates and reordering; clocks that jump."""

from itertools import pairwise

from pywg_embedded.core.config import InterfaceChange, PeerChange

from .network import START, Link, Node, Simulation, pair, send_numbers

MINUTE = 60_000
YEAR_NS = 365 * 86_400 * 10**9


def restart(node: Node, peer: Node) -> None:
    """Remove a peer and add it without endpoint, as after a restart."""
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
    """Return the longest time between two received packets."""
    times = [begin] + [when for when, _ in node.delivered] + [end]
    return max(later - earlier for earlier, later in pairwise(times))


def lossy_link(seed: int) -> Link:
    link = Link(seed)
    link.loss = 0.3
    link.duplication = 0.2
    link.delay = (1, 120)
    return link


def test_thirty_percent_loss_reordering_and_duplicates_over_ten_rekeys() -> None:
    for seed in range(3):
        simulation, alice, bob = pair(lossy_link(seed))
        count = 21 * MINUTE // 250
        send_numbers(simulation, alice, bob, 250, count)
        send_numbers(simulation, bob, alice, 250, count)
        simulation.run(21 * MINUTE)
        for node in (alice, bob):
            assert len(set(node.received_texts())) == len(node.received_texts()), (
                "duplicate delivered"
            )
            share = len(node.received_texts()) / count
            assert share > 0.6, f"seed {seed}: {share:.2f} of 0.7 arrived"
            silence = longest_silence(node, START, simulation.now)
            # At most one handshake message after another is lost, each 5.3 s.
            assert silence < 4 * 5_333, f"seed {seed}: silent for {silence} ms"


def test_no_packet_is_lost_in_ten_rekeys() -> None:
    simulation, alice, bob = pair()
    seen = set()
    for second in range(21 * 60):
        alice.send_text(bob, b"ping %d" % second)
        bob.send_text(alice, b"pong %d" % second)
        simulation.run(1_000)
        seen.add(alice.current_keypair().local_index)
    assert len(bob.received_texts()) == len(alice.received_texts()) == 21 * 60
    assert len(seen) == 11  # one each 120 s


def test_a_side_that_only_receives_keeps_its_session() -> None:
    simulation, alice, bob = pair()
    send_numbers(simulation, alice, bob, 1_000, 10 * 60)
    simulation.run(10 * MINUTE + 100)
    assert len(bob.received_texts()) == 10 * 60


def test_an_initiator_that_only_receives_rekeys_before_expiry() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"hello")
    simulation.run(100)
    send_numbers(simulation, bob, alice, 1_000, 400)
    simulation.run(400_100)
    assert len(alice.received_texts()) == 400


def test_traffic_resumes_after_a_long_idle_time() -> None:
    simulation, alice, bob = pair()
    for n in range(5):
        alice.send_text(bob, str(n).encode())
        simulation.run(20 * MINUTE)
    assert bob.received_texts() == [b"0", b"1", b"2", b"3", b"4"]


def test_an_idle_tunnel_sends_nothing() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"hello")
    simulation.run(15_000)
    before = len(alice.sent) + len(bob.sent)
    simulation.run(60 * MINUTE)
    assert len(alice.sent) + len(bob.sent) == before


def test_keepalives_answer_data_but_never_keepalives() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"hello")
    simulation.run(MINUTE)
    # initiation, data / response, one keepalive 10 s later
    assert [len(data) for _, data in alice.sent] == [148, 64]
    assert [len(data) for _, data in bob.sent] == [92, 32]
    assert bob.sent[1][0] - alice.sent[1][0] in range(10_000, 10_020)


def test_a_keepalive_answers_one_sided_traffic_every_ten_seconds() -> None:
    simulation, alice, bob = pair()
    send_numbers(simulation, alice, bob, 500, 120)
    simulation.run(MINUTE)
    keepalives = [when for when, data in bob.sent if len(data) == 32]
    assert len(keepalives) == 5
    assert all(b - a >= 10_000 for a, b in pairwise(keepalives))
    assert sum(len(data) == 148 for _, data in alice.sent) == 1


def test_persistent_keepalives_keep_their_interval_without_traffic() -> None:
    simulation, alice, bob = pair()
    alice.add_peer(bob, keepalive=25)
    simulation.run(10 * MINUTE)
    times = [when for when, _ in alice.sent]
    assert all(b - a <= 25_100 for a, b in pairwise(times))
    keepalives = sum(len(data) == 32 for _, data in alice.sent)
    handshakes = sum(len(data) == 148 for _, data in alice.sent)
    # One an interval, and one that confirms each session.
    assert keepalives <= 10 * MINUTE // 25_000 + handshakes
    alice.sent.clear()
    send_numbers(simulation, alice, bob, 1_000, 60)
    simulation.run(MINUTE)
    # All but the one that confirms a new session, whose counter is 0.
    assert not [d for _, d in alice.sent if len(d) == 32 and any(d[8:16])]


def test_handshakes_with_a_dead_peer_end_after_ninety_seconds() -> None:
    simulation, alice, bob = pair()
    alice.link.loss = 1.0
    alice.send_text(bob, b"anyone?")
    simulation.run(5 * MINUTE)
    times = [when for when, _ in alice.sent]
    gaps = [b - a for a, b in pairwise(times)]
    assert all(5_000 <= gap <= 5_333 for gap in gaps)
    assert len(set(gaps)) > 3
    assert 90_000 - 5_333 <= times[-1] - times[0] <= 90_000 + 5_333
    assert alice.transport.drops["no_keypair"] == 1
    alice.link.loss = 0.0
    alice.send_text(bob, b"and now?")
    simulation.run(100)
    assert bob.received_texts() == [b"and now?"]


def test_a_rekey_begins_fifteen_seconds_after_unanswered_data() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"hello")
    simulation.run(1_000)
    restart(bob, alice)
    send_numbers(simulation, alice, bob, 1_000, 30)
    simulation.run(30_100)
    initiations = [when for when, data in alice.sent if len(data) == 148]
    unanswered_since = next(when for when, data in alice.sent if data[0] == 4)
    assert 15_000 <= initiations[1] - unanswered_since <= 15_333
    assert bob.received_texts()[-1] == b"29"


def test_handshakes_continue_after_the_wall_clock_was_set_back() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"before")
    simulation.run(100)
    alice.wall_offset = -10 * YEAR_NS
    send_numbers(simulation, alice, bob, 1_000, 400)
    simulation.run(400_100)
    assert len(bob.received_texts()) == 401
    assert "initiation_replayed" not in bob.device.drops


def test_handshakes_continue_after_the_wall_clock_jumped_ahead_and_back() -> None:
    simulation, alice, bob = pair()
    for offset in (0, 5 * YEAR_NS, 0, -5 * YEAR_NS):
        alice.wall_offset = offset
        alice.send_text(bob, b"x")
        simulation.run(200_000)
    assert len(bob.received_texts()) == 4
    assert "initiation_replayed" not in bob.device.drops


def test_a_handshake_follows_hours_of_suspend() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"good night")
    simulation.run(1_000)
    simulation.now += 8 * 60 * MINUTE  # boot time goes on, no timer ran
    alice.send_text(bob, b"good morning")
    simulation.run(100)
    assert bob.received_texts() == [b"good night", b"good morning"]
    assert sum(len(data) == 148 for _, data in alice.sent) == 2


def test_keypairs_are_wiped_after_nine_idle_minutes() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"hello")
    simulation.run(100)
    keypairs = [alice.current_keypair(), bob.current_keypair()]
    simulation.run(9 * MINUTE - 200)
    assert all(any(pair.send_key) and any(pair.receive_key) for pair in keypairs)
    simulation.run(200)
    assert not any(any(pair.send_key) or any(pair.receive_key) for pair in keypairs)


def test_a_staged_packet_is_kept_when_keypairs_are_wiped() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"early")
    simulation.run(9 * MINUTE - 2_000)
    alice.link.loss = 1.0
    alice.send_text(bob, b"late")
    simulation.run(4_000)
    alice.link.loss = 0.0
    simulation.run(2_000)
    assert bob.received_texts() == [b"early", b"late"]


def test_a_preshared_key_can_change_during_a_session() -> None:
    simulation, alice, bob = pair()
    send_numbers(simulation, alice, bob, 500, 600)
    simulation.run(10_000)
    session = alice.current_keypair().local_index
    for node, peer_node in ((alice, bob), (bob, alice)):
        change, peer = InterfaceChange(), PeerChange(peer_node.public)
        peer.preshared_key = b"\x07" * 32
        change.peers = [peer]
        node.configure(change)
    simulation.run(1_000)
    assert alice.current_keypair().local_index == session
    simulation.run(300_000)
    assert alice.current_keypair().local_index != session
    assert len(bob.received_texts()) == 600


def test_nothing_is_exchanged_with_different_preshared_keys() -> None:
    simulation, alice, bob = pair()
    alice.add_peer(bob, psk=b"\x01" * 32)
    bob.add_peer(alice, psk=b"\x02" * 32)
    send_numbers(simulation, alice, bob, 500, 100)
    simulation.run(60_000)
    assert not bob.received_texts()
    assert alice.device.drops["response_not_authentic"]


def test_peers_are_rekeyed_at_once_after_a_new_private_key() -> None:
    simulation, alice, bob = pair()
    alice.send_text(bob, b"one")
    simulation.run(1_000)
    alice.adopt_identity(Node(simulation, 3, alice.link))
    simulation.run(100)
    bob.add_peer(alice)
    alice.send_text(bob, b"two")
    simulation.run(6_000)
    assert bob.received_texts() == [b"one", b"two"]


def test_a_keepalive_is_sent_when_the_endpoint_becomes_known() -> None:
    simulation = Simulation()
    alice, bob = Node(simulation, 1, Link()), Node(simulation, 2, Link())
    bob.add_peer(alice)
    change, peer = InterfaceChange(), PeerChange(bob.public)
    peer.persistent_keepalive = 25
    change.peers = [peer]
    alice.configure(change)
    simulation.run(100)
    alice.add_peer(bob, keepalive=25)
    simulation.run(100)
    assert alice.current_keypair().local_index == bob.current_keypair().remote_index


def test_packets_in_flight_under_the_previous_keypair_arrive() -> None:
    link = Link()
    simulation, alice, bob = pair(link)
    alice.send_text(bob, b"first")
    simulation.run(120_000)
    link.delay = (40, 40)
    send_numbers(simulation, alice, bob, 1, 300)
    simulation.run(1_000)
    assert len(bob.received_texts()) == 301
