"""The timers of the engine: from facts to deadlines to actions."""

import struct

from tests.core.support import (
    NOW,
    WALL,
    RecordingCrypto,
    SeededCrypto,
    Side,
    change,
    complete_handshake,
    deliver,
    established_pair,
    make_initiation,
    pair,
    peer_change,
)

DATA, KEEPALIVE = True, False
RETRY, MOST_JITTER = 5_000, 333


def word(value: int) -> bytes:
    return struct.pack("<I", value)


def wanting(now: int = NOW) -> Side:
    """Return a side whose initiation gets no response."""
    a, _ = pair()
    a.device.handshake_needed(0, now)
    assert len(a.sent_datagrams()) == 1
    return a


def sends(side: Side, now: int, kind: bool) -> None:
    """Record a sent packet."""
    side.plane.facts[0].record_sent(now, kind)
    side.device.peer_active(0, now)


def receives(side: Side, now: int, kind: bool) -> None:
    """Record a received packet."""
    side.plane.facts[0].record_received(now, kind)
    side.device.peer_active(0, now)


def keepalives(side: Side, until: int) -> list[int]:
    """Return when keepalives are sent, until a time."""
    times: list[int] = []
    while (due := side.device.get_timer()) is not None and due <= until:
        before = len(side.plane.calls_to("send_keepalive"))
        side.run(due)
        times += [due] * (len(side.plane.calls_to("send_keepalive")) - before)
    return times


def test_an_initiation_is_retried_after_5_seconds_and_jitter() -> None:
    # the random number of the jitter, milliseconds until the retry
    for value, gap in ((0, 5_000), (1, 5_001), (333, 5_333), (334, 5_000)):
        a, _ = pair(SeededCrypto(1, (word(1), word(value))))
        a.device.handshake_needed(0, NOW)
        a.sent_datagrams()
        assert a.run(NOW + gap - 1) == []
        assert a.run(NOW + gap) == [NOW + gap], value


def test_a_repeated_request_does_not_shorten_the_jitter() -> None:
    a, _ = pair(SeededCrypto(1, (word(1), word(MOST_JITTER))))
    a.device.handshake_needed(0, NOW)
    a.sent_datagrams()
    a.device.handshake_needed(0, NOW + RETRY + MOST_JITTER - 1)
    assert a.sent_datagrams() == []


def test_retries_have_different_jitter() -> None:
    times = [NOW] + wanting().run(NOW + 100_000)
    gaps = [times[n + 1] - times[n] for n in range(len(times) - 1)]
    assert all(RETRY <= gap <= RETRY + MOST_JITTER for gap in gaps), gaps
    assert len(set(gaps)) > len(gaps) // 2, gaps


def test_a_handshake_ends_after_90_seconds_without_a_response() -> None:
    a = wanting()
    times = a.run(NOW + 1_000_000)
    assert NOW + 90_000 - RETRY - MOST_JITTER <= times[-1] < NOW + 90_000
    assert a.plane.calls_to("purge_staged") == [(0,)]
    assert a.device.get_timer() is None


def test_retries_continue_while_data_requests_the_handshake() -> None:
    a = wanting()
    a.run(NOW + 60_000)
    a.device.handshake_needed(0, NOW + 60_000)
    times = a.run(NOW + 1_000_000)
    assert NOW + 150_000 - RETRY - MOST_JITTER <= times[-1] < NOW + 150_000


def test_a_handshake_begins_again_after_it_has_ended() -> None:
    a = wanting()
    a.run(NOW + 200_000)
    a.device.handshake_needed(0, NOW + 200_000)
    assert len(a.sent_datagrams()) == 1


def test_staged_packets_are_dropped_when_the_handshake_ends() -> None:
    a = wanting()
    a.run(NOW + 89_999)
    assert a.plane.calls_to("purge_staged") == []


def test_the_source_address_is_cleared_by_each_retry() -> None:
    a = wanting()
    times = a.run(NOW + 30_000)
    assert a.plane.calls_to("clear_source") == [(0,)] * len(times)


def test_a_response_ends_the_retries() -> None:
    a, _ = established_pair()
    assert a.run(NOW + 100_000) == []


def test_an_early_request_begins_5_seconds_after_the_last_message() -> None:
    a, b = pair()
    b.receive(make_initiation(a, b.public, WALL), a.endpoint, NOW)
    b.sent_datagrams()
    b.device.handshake_needed(0, NOW + 1_000)
    assert b.sent_datagrams() == []
    times = b.run(NOW + RETRY + MOST_JITTER)
    assert len(times) == 1 and times[0] >= NOW + RETRY


def test_an_early_request_is_discarded_when_a_handshake_completes() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    deliver(a, b)
    b.device.handshake_needed(0, NOW + 1_000)
    b.device.key_confirmed(0, NOW + 1_001)
    assert b.run(NOW + 100_000) == []


def test_a_rekey_begins_15_seconds_after_unanswered_data() -> None:
    a, _ = established_pair()
    sent = NOW + 20_000
    sends(a, sent, DATA)
    sends(a, sent + 9_000, DATA)
    a.plane.calls.clear()
    (begun,) = a.run(sent + 16_000)
    assert 15_000 <= begun - sent <= 15_000 + MOST_JITTER
    assert ("clear_source", 0) in a.plane.calls


def test_unanswered_data_causes_one_rekey() -> None:
    a, _ = established_pair()
    sent = NOW + 20_000
    sends(a, sent, DATA)
    times = a.run(sent + 2_000_000)
    # From 15 seconds after the data for 90 seconds, and never again.
    assert len(times) <= 90_000 // RETRY
    assert times[-1] < sent + 15_000 + MOST_JITTER + 90_000


def test_data_sent_after_a_failed_handshake_causes_another() -> None:
    a, _ = established_pair()
    sends(a, NOW + 20_000, DATA)
    a.run(NOW + 200_000)
    sends(a, NOW + 210_000, DATA)
    assert len(a.run(NOW + 230_000)) > 1


def test_unanswered_keepalives_cause_no_rekey() -> None:
    a, _ = established_pair()
    sends(a, NOW + 20_000, KEEPALIVE)
    assert a.run(NOW + 200_000) == []


def test_any_received_packet_answers_data() -> None:
    for kind in (DATA, KEEPALIVE):
        a, _ = established_pair()
        sends(a, NOW + 20_000, DATA)
        receives(a, NOW + 34_999, kind)
        assert a.run(NOW + 100_000) == [], kind


def test_an_initiation_of_the_peer_answers_data() -> None:
    a, b = established_pair()
    sends(a, NOW + 20_000, DATA)
    a.receive(make_initiation(b, a.public, WALL), b.endpoint, NOW + 30_000)
    a.sent_datagrams()
    assert a.run(NOW + 100_000) == []


def test_a_response_answers_data_sent_before_it() -> None:
    a, b = established_pair()
    sends(a, NOW + 20_000, DATA)
    complete_handshake(a, b, NOW + 34_000)
    assert a.run(NOW + 40_000) == []
    sends(a, NOW + 40_000, DATA)
    (begun,) = a.run(NOW + 56_000)
    assert 15_000 <= begun - (NOW + 40_000) <= 15_000 + MOST_JITTER


def test_a_sent_response_answers_data_and_keepalives_continue() -> None:
    a, b = established_pair()
    receives(b, NOW + 20_000, DATA)
    complete_handshake(a, b, NOW + 29_000)
    receives(b, NOW + 29_500, DATA)
    assert keepalives(b, NOW + 100_000) == [NOW + 39_500]


def test_a_keepalive_is_sent_10_seconds_after_received_data() -> None:
    a, _ = established_pair()
    receives(a, NOW + 20_000, DATA)
    receives(a, NOW + 25_000, DATA)
    assert keepalives(a, NOW + 100_000) == [NOW + 30_000]


def test_a_keepalive_is_never_answered_by_a_keepalive() -> None:
    a, _ = established_pair()
    receives(a, NOW + 20_000, KEEPALIVE)
    assert keepalives(a, NOW + 500_000) == []


def test_no_keepalive_is_sent_after_sent_data() -> None:
    a, _ = established_pair()
    receives(a, NOW + 20_000, DATA)
    sends(a, NOW + 29_999, DATA)
    receives(a, NOW + 29_999, KEEPALIVE)
    assert keepalives(a, NOW + 100_000) == []


def test_data_received_later_causes_another_keepalive() -> None:
    a, _ = established_pair()
    receives(a, NOW + 20_000, DATA)
    assert keepalives(a, NOW + 31_000) == [NOW + 30_000]
    receives(a, NOW + 40_000, DATA)
    assert keepalives(a, NOW + 100_000) == [NOW + 50_000]


def test_persistent_keepalives_are_sent_while_idle() -> None:
    a, b = established_pair()
    section = peer_change(b.public, persistent_keepalive=25)
    a.plane.now = NOW + 10_000
    a.device.configure(change(section), a.plane.now)
    expected = [NOW + 10_000 + 25_000 * value for value in range(1, 5)]
    assert keepalives(a, NOW + 110_000) == expected


def test_persistent_keepalives_are_delayed_by_traffic() -> None:
    a, b = established_pair()
    section = peer_change(b.public, persistent_keepalive=25)
    a.device.configure(change(section), NOW)
    for later in range(10_000, 100_000, 10_000):
        assert keepalives(a, NOW + later) == [], later
        sends(a, NOW + later, DATA)
        receives(a, NOW + later, KEEPALIVE)
    assert keepalives(a, NOW + 120_000) == [NOW + 115_000]


def test_persistent_keepalives_repeat_the_handshake() -> None:
    a, b = Side(1), Side(2)
    a.add_peer(b, persistent_keepalive=25)
    a.device.handshake_needed(0, NOW)
    a.run(NOW + 100_000)
    asked = len(a.plane.calls_to("send_keepalive"))
    a.run(NOW + 150_000)
    assert len(a.plane.calls_to("send_keepalive")) > asked


def test_keypairs_are_wiped_540_seconds_after_the_last_was_derived() -> None:
    for side in established_pair():
        side.run(NOW + 539_999)
        assert side.plane.calls_to("wipe_keypairs") == []
        side.run(NOW + 540_000)
        assert side.plane.calls_to("wipe_keypairs") == [(0,)]
        assert side.device.get_timer() is None


def test_wiping_is_delayed_by_a_new_keypair() -> None:
    a, b = established_pair()
    complete_handshake(a, b, NOW + 500_000)
    a.run(NOW + 1_039_999)
    assert a.plane.calls_to("wipe_keypairs") == []
    a.run(NOW + 1_040_000)
    assert a.plane.calls_to("wipe_keypairs") == [(0,)]


def test_the_secrets_of_an_idle_peer_are_overwritten() -> None:
    watched = RecordingCrypto(1)
    a, b = pair(watched)
    a.device.handshake_needed(0, NOW)
    deliver(a, b, NOW, 1_000)
    deliver(b, a)
    a.run(NOW + RETRY + MOST_JITTER)
    a.receive(make_initiation(b, a.public, WALL), b.endpoint, NOW + 10_000)
    assert len(watched.unwiped_secrets()) > 1
    a.run(NOW + 550_000)
    # The static key remains.
    assert [bytes(secret) for secret in watched.unwiped_secrets()] == [a.private]


def test_a_handshake_in_progress_continues_when_keypairs_are_wiped() -> None:
    a, b = established_pair()
    asked = NOW + 538_000
    a.device.handshake_needed(0, asked)
    (initiation,) = a.sent_datagrams()
    a.run(NOW + 540_000)
    assert a.plane.calls_to("wipe_keypairs") == [(0,)]
    b.receive(initiation, a.endpoint, NOW + 541_000)
    (response,) = b.sent_datagrams()
    a.receive(response, b.endpoint, NOW + 541_000)
    assert a.device.drops == {}
    assert len(a.plane.keypairs[0]) == 1


def test_retries_continue_when_keypairs_are_wiped() -> None:
    a, _ = established_pair()
    asked = NOW + 538_000
    a.device.handshake_needed(0, asked)
    a.sent_datagrams()
    times = a.run(NOW + 1_000_000)
    assert asked + RETRY <= times[0] <= asked + RETRY + MOST_JITTER
    assert asked + 90_000 - RETRY - MOST_JITTER <= times[-1] < asked + 90_000


def test_no_timer_is_due_while_down() -> None:
    a, _ = established_pair()
    sends(a, NOW + 10_000, DATA)
    a.device.interface_down(NOW + 11_000)
    a.plane.calls.clear()
    assert a.device.get_timer() is None
    a.device.handle_timer(NOW + 1_000_000)
    assert a.plane.calls == [] and a.sent_datagrams() == []


def test_a_timer_that_is_handled_too_early_does_nothing() -> None:
    a = wanting()
    calls, due = list(a.plane.calls), a.device.get_timer()
    a.device.handle_timer(NOW + 1)
    assert a.sent_datagrams() == [] and a.plane.calls == calls
    assert a.device.get_timer() == due


def test_a_deadline_fires_once() -> None:
    a, _ = established_pair()
    a.plane.keypairs[0].clear()
    receives(a, NOW + 20_000, DATA)
    assert keepalives(a, NOW + 30_000) == [NOW + 30_000]
    receives(a, NOW + 31_000, DATA)
    assert keepalives(a, NOW + 100_000) == []


def test_late_timers_fire_once() -> None:
    a = wanting()
    assert a.run(NOW) == []
    a.device.handle_timer(NOW + 60_000)
    assert len(a.sent_datagrams()) == 1


def test_timers_stop_after_any_sequence_of_events() -> None:
    draw, (a, b) = SeededCrypto(5), established_pair()
    acts = (
        lambda now: sends(a, now, DATA),
        lambda now: sends(a, now, KEEPALIVE),
        lambda now: receives(a, now, DATA),
        lambda now: receives(a, now, KEEPALIVE),
        lambda now: a.device.handshake_needed(0, now),
        lambda now: a.device.key_confirmed(0, now),
        lambda now: a.receive(
            make_initiation(b, a.public, WALL + now), b.endpoint, now
        ),
    )
    now = NOW
    for _ in range(300):
        now += draw.random_below(30_000)
        a.run(now)
        acts[draw.random_below(len(acts))](now)
        a.sent_datagrams()
    a.run(now + 2_000_000)
    assert a.device.get_timer() is None


def test_keepalives_are_repeated_while_none_can_be_sent() -> None:
    a, b = established_pair()
    a.device.configure(change(peer_change(b.public, persistent_keepalive=25)), NOW)
    a.plane.can_send = False
    a.plane.calls.clear()
    a.run(NOW + 100_000)
    assert a.plane.calls_to("send_keepalive") == [(0,)] * 4
