"""The protocol engine: handshakes, drops, roaming, indices, status."""

import struct
from binascii import unhexlify

from pywg_embedded.core import messages, noise
from pywg_embedded.core.cookie import CookieMaker
from tests.core.support import (
    LOW_ORDER_POINTS,
    NOW,
    WALL,
    LowOrderCrypto,
    RecordingCrypto,
    SeededCrypto,
    Side,
    change,
    complete_handshake,
    deliver,
    endpoint,
    established_pair,
    flip_bit,
    initiation_without_macs,
    make_initiation,
    pair,
    peer_change,
    private_key,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LATER = NOW + 10_000
ELSEWHERE = endpoint(9, 4000)
YEAR = 365 * 86_400 * 10**9


def with_mac1(sender: Side, receiver: Side, bare: bytes) -> bytes:
    return CookieMaker(sender.crypto, receiver.public).add_macs(
        sender.crypto, bare, NOW
    )


def invalid_datagrams(a: Side, b: Side) -> "list[tuple[str, bytes, str]]":
    """Return datagrams that b must drop: a name, the datagram, the drop reason."""
    stranger = Side(3)
    good = make_initiation(a, b.public, WALL)
    kind, transport = struct.pack("<I", 4), bytes(28)
    response = messages.response(1, 2, bytes(32), bytes(16))
    return [
        ("nothing", b"", "malformed"),
        ("a byte", b"\1", "malformed"),
        ("truncated", good[:-1], "malformed"),
        ("too long", good + b"\0", "malformed"),
        ("the longest datagram", good + bytes(65_507 - len(good)), "malformed"),
        ("reserved byte", flip_bit(good, 1), "malformed"),
        ("transport data", kind + transport, "malformed"),
        ("changed mac1", flip_bit(good, -32), "mac1_invalid"),
        ("changed body", flip_bit(good, 40), "mac1_invalid"),
        ("for another key", make_initiation(a, stranger.public, WALL), "mac1_invalid"),
        ("unknown_peer", make_initiation(stranger, b.public, WALL), "unknown_peer"),
        (
            "changed under a good mac1",
            with_mac1(a, b, flip_bit(initiation_without_macs(a, b.public, WALL), 100)),
            "initiation_not_authentic",
        ),
        ("response to nothing", with_mac1(a, b, response), "unknown_index"),
        ("response, wrong mac1", response, "mac1_invalid"),
        (
            "cookie for nothing",
            messages.cookie_reply(1, bytes(24), bytes(32)),
            "unknown_index",
        ),
    ]


def test_a_handshake_gives_both_sides_the_same_keys() -> None:
    a, b = established_pair()
    (ours,), (theirs,) = a.plane.keypairs[0], b.plane.keypairs[0]
    assert ours.initiator and not theirs.initiator
    assert (ours.send_key, ours.receive_key) == (theirs.receive_key, theirs.send_key)
    assert (ours.local_index, ours.remote_index) == (
        theirs.remote_index,
        theirs.local_index,
    )
    assert a.device.drops == b.device.drops == {}


def test_initiations_go_to_the_endpoint_and_responses_to_the_source() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    ((initiation, to, _),) = a.device.datagrams_to_send()
    assert (initiation[0], len(initiation)) == (1, 148)
    assert to.remote() == b.endpoint.remote()
    b.receive(initiation, ELSEWHERE)
    ((response, to, _),) = b.device.datagrams_to_send()
    assert (response[0], len(response)) == (2, 92)
    assert to is ELSEWHERE
    assert a.sent_datagrams() == b.sent_datagrams() == []


def test_the_responder_records_a_handshake_when_its_key_is_confirmed() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    (initiation,) = a.sent_datagrams()
    b.receive(initiation, a.endpoint)
    assert len(b.plane.keypairs[0]) == 1
    assert b.status()["last_handshake_at"] == 0
    b.device.key_confirmed(0, NOW + 7)
    assert b.status(now=NOW + 10)["last_handshake_at"] == NOW + 7


def test_the_side_with_the_smaller_key_keeps_the_next_keypair() -> None:
    a, b = established_pair()
    installed = a.plane.calls_to("install_keypair") + b.plane.calls_to(
        "install_keypair"
    )
    assert installed == [(0, b.public > a.public), (0, a.public > b.public)]


def test_an_invalid_datagram_has_no_answer_and_no_effect() -> None:
    for name, datagram, reason in invalid_datagrams(*pair()):
        _, b = pair()
        calls, before = list(b.plane.calls), b.status()
        where = b.plane.facts[0].endpoint
        b.receive(datagram, ELSEWHERE)
        assert b.sent_datagrams() == [], name
        assert b.device.drops == {reason: 1}, name
        assert b.plane.calls == calls and b.status() == before, name
        assert b.plane.facts[0].endpoint is where, name


def test_drops_are_counted_by_reason() -> None:
    _, b = pair()
    rows = invalid_datagrams(*pair())
    for _ in range(2):
        for _, datagram, _ in rows:
            b.receive(datagram, ELSEWHERE)
    reasons = [reason for _, _, reason in rows]
    assert b.device.drops == {r: 2 * reasons.count(r) for r in set(reasons)}
    assert b.device.status(NOW)["drops"] == b.device.drops


def test_a_peer_with_a_low_order_key_gets_no_answer() -> None:
    for row, text in enumerate(LOW_ORDER_POINTS):
        point = unhexlify(text)
        b = Side(2)
        address = endpoint(3).remote()
        b.device.configure(change(peer_change(point, endpoint=address)), NOW)
        b.device.handshake_needed(0, NOW)
        assert b.sent_datagrams() == [], f"row {row}"
        # The attacker knows each shared secret with that point: it is zero.
        careless = LowOrderCrypto(3)
        attacker = noise.Identity(careless, private_key(3))
        attacker.public = point
        message = noise.create_initiation(
            careless, attacker, (b.public, bytes(32)), 1, bytes(12)
        )[1]
        jar = CookieMaker(careless, b.public)
        b.receive(jar.add_macs(careless, message, NOW), ELSEWHERE)
        assert b.sent_datagrams() == [], f"row {row}"
        assert b.device.drops == {"low_order_point": 1}, f"row {row}"


def test_a_replayed_initiation_is_dropped_and_leaves_the_endpoint() -> None:
    a, b = pair()
    initiation = make_initiation(a, b.public, WALL)
    b.receive(initiation, a.endpoint)
    assert len(b.sent_datagrams()) == 1
    b.receive(initiation, ELSEWHERE, NOW + 1000)
    assert b.sent_datagrams() == []
    assert b.device.drops == {"initiation_replayed": 1}
    assert b.plane.facts[0].endpoint is a.endpoint


def test_an_initiation_is_dropped_unless_its_timestamp_is_greater() -> None:
    a, b = pair()
    # nanoseconds after the first, whether it is answered
    for row, (later, answered) in enumerate(
        ((0, True), (0, False), (-1, False), (-YEAR, False), (1, True), (0, False))
    ):
        b.receive(
            make_initiation(a, b.public, WALL + later), a.endpoint, NOW + row * 100
        )
        assert len(b.sent_datagrams()) == answered, f"row {row}"


def test_a_readded_peer_has_no_timestamp() -> None:
    a, b = pair()
    b.receive(make_initiation(a, b.public, WALL), a.endpoint)
    b.device.configure(change(peer_change(a.public, remove=True)), NOW)
    b.add_peer(a)
    b.sent_datagrams()
    b.receive(make_initiation(a, b.public, WALL - YEAR), a.endpoint, NOW + 100)
    assert len(b.sent_datagrams()) == 1


def test_handshakes_continue_after_the_clock_was_set_back() -> None:
    a, b = established_pair()
    a.wall -= 10 * YEAR
    complete_handshake(a, b, LATER)
    assert b.device.drops == {}
    assert len(b.plane.keypairs[0]) == 2


def test_a_peer_gets_at_most_fifty_responses_per_second() -> None:
    a, b = pair()
    answers = 0
    for n in range(200):
        datagram = make_initiation(a, b.public, WALL + n)
        b.receive(datagram, a.endpoint, NOW + 5 * n)
        answers += len(b.sent_datagrams())
    assert answers == 50
    assert b.device.drops == {"initiation_rate_limited": 150}


def test_a_peer_gets_a_response_during_the_flood_of_another() -> None:
    a, b = pair()
    c = Side(3)
    b.add_peer(c)
    for n in range(10):
        b.receive(make_initiation(a, b.public, WALL + n), a.endpoint)
    b.sent_datagrams()
    b.receive(make_initiation(c, b.public, WALL), c.endpoint)
    assert len(b.sent_datagrams()) == 1


def test_the_endpoint_follows_an_authentic_initiation_or_response() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    (initiation,) = a.sent_datagrams()
    b.receive(initiation, ELSEWHERE)
    assert b.plane.facts[0].endpoint is ELSEWHERE
    (response,) = b.sent_datagrams()
    a.receive(response, ELSEWHERE)
    assert a.plane.facts[0].endpoint is ELSEWHERE


def test_the_authentic_response_is_accepted_after_a_forged_one() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    (initiation,) = a.sent_datagrams()
    b.receive(initiation, a.endpoint)
    (response,) = b.sent_datagrams()
    forged = with_mac1(b, a, flip_bit(response, 50))
    a.receive(forged, ELSEWHERE)
    assert a.device.drops == {"response_not_authentic": 1}
    assert a.plane.facts[0].endpoint is not ELSEWHERE
    a.receive(response, b.endpoint)
    assert len(a.plane.keypairs[0]) == 1


def test_a_response_is_accepted_until_the_initiation_is_retried() -> None:
    # milliseconds until the response arrives, whether it is accepted
    for row, (delay, taken) in enumerate(((250, True), (4_999, True), (6_000, False))):
        a, b = pair()
        a.device.handshake_needed(0, NOW)
        (initiation,) = a.sent_datagrams()
        b.receive(initiation, a.endpoint)
        (response,) = b.sent_datagrams()
        a.run(NOW + delay)
        a.receive(response, b.endpoint, NOW + delay)
        assert bool(a.plane.keypairs[0]) is taken, f"row {row}"
        assert a.device.drops == ({} if taken else {"unknown_index": 1}), f"row {row}"


def test_a_response_is_accepted_once() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    (initiation,) = a.sent_datagrams()
    b.receive(initiation, a.endpoint)
    (response,) = b.sent_datagrams()
    a.receive(response, b.endpoint)
    a.receive(response, ELSEWHERE)
    assert len(a.plane.keypairs[0]) == 1
    assert a.device.drops == {"unknown_index": 1}


def test_a_response_does_not_answer_a_response() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    (initiation,) = a.sent_datagrams()
    b.receive(initiation, a.endpoint)
    (response,) = b.sent_datagrams()
    index = messages.parse(response)[1][0]
    forged = messages.response(1, index, bytes(32), bytes(16))
    b.receive(with_mac1(a, b, forged), ELSEWHERE)
    assert b.device.drops == {"unknown_index": 1}


def test_a_response_under_the_index_of_a_response_is_refused() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    (initiation,) = a.sent_datagrams()
    a.receive(make_initiation(b, a.public, WALL), b.endpoint)
    index = messages.parse(a.sent_datagrams()[0])[1][0]
    b.receive(initiation, a.endpoint)
    sender, _, ephemeral, nothing, _, _ = messages.parse(b.sent_datagrams()[0])[1]
    redirected = messages.response(sender, index, ephemeral, nothing)
    a.receive(with_mac1(b, a, redirected), b.endpoint)
    assert a.device.drops == {"unknown_index": 1}


def test_one_initiation_is_sent_for_repeated_requests() -> None:
    a, _ = pair()
    for milliseconds in range(0, 5_000, 50):
        a.device.handshake_needed(0, NOW + milliseconds)
    assert len(a.sent_datagrams()) == 1


def test_no_initiation_is_sent_within_five_seconds_of_the_last_message() -> None:
    a, b = established_pair()
    # milliseconds since, initiations
    for side in (a, b):
        for later, count in ((0, 0), (4_999, 0), (5_000, 1)):
            side.device.handshake_needed(0, NOW + later)
            assert len(side.sent_datagrams()) == count, later


def test_rekey_sends_an_initiation_at_once() -> None:
    a, b = established_pair()
    for now in (NOW, NOW + 1):
        a.device.rekey(0, now)
        (initiation,) = a.sent_datagrams()
        assert messages.parse(initiation)
    b.receive(initiation, a.endpoint, NOW + 20)
    deliver(b, a, NOW + 20)
    assert a.status()["last_handshake_at"] == NOW + 20
    assert a.status()["initiations_unanswered"] == 0


def test_rekey_does_nothing_for_an_unknown_peer_or_while_down() -> None:
    a, _ = pair()
    a.device.rekey(7, NOW)
    a.device.interface_down(NOW)
    a.device.rekey(0, NOW)
    assert a.sent_datagrams() == []


def test_a_peer_without_an_endpoint_gets_no_initiation() -> None:
    a, b = Side(1), Side(2)
    a.device.configure(change(peer_change(b.public)), NOW)
    a.device.handshake_needed(0, NOW)
    assert a.sent_datagrams() == []


def test_each_authentic_message_is_recorded_with_its_size() -> None:
    a, b = established_pair()
    initiation, response = (0, 148), (0, 92)
    assert a.plane.calls_to("record_handshake_sent") == [initiation]
    assert b.plane.calls_to("record_handshake_received") == [initiation]
    assert b.plane.calls_to("record_handshake_sent") == [response]
    assert a.plane.calls_to("record_handshake_received") == [response]


def test_datagrams_of_a_removed_peer_are_not_sent() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    a.device.configure(change(peer_change(b.public, remove=True)), NOW)
    assert a.device.datagrams_to_send() == []


def test_indices_are_random() -> None:
    for index in (0, 1, 0x01020304, 2**32 - 1):
        answer = struct.pack("<I", index)
        a, _ = pair(SeededCrypto(1, (answer,)))
        a.device.handshake_needed(0, NOW)
        (initiation,) = a.sent_datagrams()
        assert messages.parse(initiation)[1][0] == index


def test_indices_are_unique_when_the_random_source_repeats() -> None:
    values = (5, 5, 5, 6, 5, 6, 7, 5, 6, 7, 8)
    answers = tuple(struct.pack("<I", n) for n in values)
    a, b = pair(None, SeededCrypto(2, answers))
    for n in range(4):
        b.receive(make_initiation(a, b.public, WALL + n), a.endpoint, NOW + 100 * n)
    assert [messages.parse(data)[1][0] for data in b.sent_datagrams()] == [5, 6, 7, 8]
    assert [keypair.local_index for keypair in b.plane.keypairs[0]] == [5, 6, 7, 8]


def test_two_peers_never_share_an_index() -> None:
    answers = tuple(struct.pack("<I", n) for n in (5, 0, 5, 6, 0))
    a = Side(1, SeededCrypto(1, answers))
    for peer_id, n in enumerate((2, 3)):
        a.add_peer(Side(n))
        a.device.handshake_needed(peer_id, NOW)
    assert [messages.parse(data)[1][0] for data in a.sent_datagrams()] == [5, 6]


def test_the_index_of_an_initiation_is_released_when_it_is_retried() -> None:
    a, _ = pair()
    a.device.handshake_needed(0, NOW)
    indices = []
    for later in (6_000, 12_000, 18_000):
        indices += [messages.parse(data)[1][0] for data in a.sent_datagrams()]
        a.device.handle_timer(NOW + later)
    assert len(indices) == 3
    assert [a.device.peers.with_index(index) for index in indices] == [None] * 3


def test_the_index_of_a_response_is_released_by_the_next_or_when_down() -> None:
    a, b = pair()
    for n in range(3):
        b.receive(make_initiation(a, b.public, WALL + n), a.endpoint, NOW + 100 * n)
    indices = [messages.parse(data)[1][0] for data in b.sent_datagrams()]
    found = [b.device.peers.with_index(index) for index in indices]
    assert found == [None, None, b.device.peers.with_id(0)]
    b.device.interface_down(LATER)
    assert b.device.peers.with_index(indices[2]) is None


def test_nothing_is_answered_while_down() -> None:
    a, b = pair()
    b.device.interface_down(NOW)
    b.receive(make_initiation(a, b.public, WALL), a.endpoint)
    assert b.sent_datagrams() == []
    assert b.device.drops == {"interface_down": 1}
    assert b.device.get_timer() is None


def test_nothing_is_answered_while_down_and_under_load() -> None:
    a, b = pair()
    b.device.interface_down(NOW)
    b.receive(make_initiation(a, b.public, WALL), a.endpoint, NOW, 1000)
    assert b.sent_datagrams() == []


def test_a_response_is_dropped_after_the_interface_went_down() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    (initiation,) = a.sent_datagrams()
    b.receive(initiation, a.endpoint)
    (response,) = b.sent_datagrams()
    a.device.interface_down(NOW)
    a.device.interface_up(NOW)
    a.receive(response, b.endpoint)
    assert a.device.drops == {"unknown_index": 1}
    assert a.plane.keypairs[0] == []


def test_keypairs_are_wiped_and_staged_packets_dropped_when_going_down() -> None:
    a, _ = established_pair()
    a.plane.calls.clear()
    a.device.interface_down(NOW)
    assert a.plane.calls == [("wipe_keypairs", 0), ("purge_staged", 0)]
    assert a.device.peers.keys() != set()


def test_keepalives_and_staged_packets_are_sent_when_coming_up() -> None:
    # persistent keepalive, calls of the data plane
    for seconds, calls in (
        (0, [("expire_keypairs", 0), ("send_staged", 0)]),
        (25, [("expire_keypairs", 0), ("send_keepalive", 0), ("send_staged", 0)]),
    ):
        a, b = Side(1), Side(2)
        a.device.interface_down(NOW)
        a.add_peer(b, persistent_keepalive=seconds)
        a.plane.calls.clear()
        a.device.interface_up(NOW)
        assert a.plane.calls == calls, seconds


def test_an_initiation_is_sent_at_once_after_down_and_up() -> None:
    a, _ = established_pair()
    a.device.interface_down(NOW)
    a.device.interface_up(NOW + 1)
    a.device.handshake_needed(0, NOW + 1)
    assert [data[0] for data in a.sent_datagrams()] == [1]


def test_handshake_requests_are_discarded_when_going_down() -> None:
    a, b = pair()
    b.receive(make_initiation(a, b.public, WALL), a.endpoint)
    b.sent_datagrams()
    b.device.handshake_needed(0, NOW + 1_000)
    b.device.interface_down(NOW + 1_000)
    b.device.interface_up(NOW + 2_000)
    assert b.run(NOW + 1_000_000) == []


def test_a_handshake_completes_after_down_and_up() -> None:
    a, b = established_pair()
    a.device.interface_down(NOW)
    a.device.interface_up(NOW)
    complete_handshake(a, b, LATER)
    assert len(a.plane.keypairs[0]) == 1


def test_nothing_is_sent_without_a_private_key() -> None:
    a, b = pair()
    b.device.configure(change(private_key=bytes(32)), NOW)
    b.receive(make_initiation(a, b.public, WALL), a.endpoint)
    b.device.handshake_needed(0, NOW)
    assert b.sent_datagrams() == []
    assert b.device.drops == {"no_identity": 1}


def test_events_of_a_removed_peer_are_ignored() -> None:
    a, _ = pair()
    for event in (a.device.handshake_needed, a.device.key_confirmed):
        event(99, NOW)
    a.device.peer_active(99, NOW)
    assert a.sent_datagrams() == []
    assert a.device.get_timer() is None


def test_status_reports_interface_and_peers() -> None:
    a, b = established_pair()
    b.device.configure(
        change(peer_change(a.public, preshared_key=b"p" * 32, persistent_keepalive=25)),
        NOW,
    )
    report = b.device.status(NOW + 1_500)
    assert report == {
        "private_key": b.private,
        "public_key": b.public,
        "under_load": False,
        "drops": {},
        "peers": [
            {
                "id": 0,
                "public_key": a.public,
                "preshared_key": b"p" * 32,
                "persistent_keepalive": 25,
                "last_handshake_at": NOW,
                "initiations_unanswered": 0,
            }
        ],
    }


def test_status_without_a_key_and_without_a_handshake() -> None:
    a, _ = pair()
    a.device.configure(change(private_key=bytes(32)), NOW)
    report = a.device.status(NOW)
    assert report["private_key"] == report["public_key"] == bytes(32)
    assert a.status()["last_handshake_at"] == 0


def test_unanswered_initiations_are_counted() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    a.run(NOW + 11_000)
    assert a.status()["initiations_unanswered"] == 3
    retry = NOW + 16_000
    a.device.handle_timer(retry)
    deliver(a, b, retry)
    deliver(b, a, retry)
    assert a.status()["initiations_unanswered"] == 0


def test_no_initiation_is_sent_while_down() -> None:
    a, _ = pair()
    a.device.interface_down(NOW)
    a.device.handshake_needed(0, NOW)
    assert a.sent_datagrams() == []


class InitiationRecorder:
    """Records the received initiations while its context is active."""

    def __init__(self) -> None:
        self.received: list[noise.ReceivedInitiation] = []
        self._read = noise.read_initiation

    def __call__(self, *values: "Any", **named: "Any") -> noise.ReceivedInitiation:
        self.received.append(self._read(*values, **named))
        return self.received[-1]

    def __enter__(self) -> "InitiationRecorder":
        noise.read_initiation = self
        return self

    def __exit__(self, *_: object) -> None:
        noise.read_initiation = self._read


def test_the_chaining_key_of_a_dropped_initiation_is_overwritten() -> None:
    a, b = pair()
    good, stranger = (
        make_initiation(a, b.public, WALL),
        make_initiation(Side(3), b.public, WALL),
    )
    b.receive(good, a.endpoint)
    flood = make_initiation(a, b.public, WALL + 1)
    unauthentic = with_mac1(
        a, b, flip_bit(initiation_without_macs(a, b.public, WALL), 100)
    )
    with InitiationRecorder() as reads:
        for datagram in (good, stranger, flood, unauthentic):
            b.receive(datagram, a.endpoint)
    assert b.device.drops == {
        "initiation_replayed": 1,
        "unknown_peer": 1,
        "initiation_rate_limited": 1,
        "initiation_not_authentic": 1,
    }
    states = [bytes(received.state.chaining_key) for received in reads.received]
    assert states == [bytes(32)] * 4


def test_only_the_static_shared_secret_is_kept_after_a_handshake() -> None:
    for answers in (False, True):
        watched = RecordingCrypto(1)
        a, b = pair(watched)
        initiator, responder = (b, a) if answers else (a, b)
        initiator.device.handshake_needed(0, NOW)
        deliver(initiator, responder)
        deliver(responder, initiator)
        peer = a.device.peers.with_id(0)
        assert peer is not None
        assert len(watched.shared_secrets) > 3
        for secret in watched.shared_secrets:
            assert secret is peer.static_static or not any(secret), answers


def test_every_secret_is_overwritten_by_close() -> None:
    watched = RecordingCrypto(1)
    a, b = pair(watched)
    a.device.configure(change(peer_change(b.public, preshared_key=b"p" * 32)), NOW)
    a.receive(make_initiation(b, a.public, WALL), b.endpoint)
    a.device.handshake_needed(0, LATER)
    a.receive(make_initiation(b, a.public, WALL + 1), b.endpoint, LATER, 1000)
    kept = watched.unwiped_secrets()
    assert len(kept) > 1
    a.device.close()
    assert watched.unwiped_secrets() == []
    assert a.status()["preshared_key"] == bytes(32)
