"""Configuration changes of a running engine."""

from pywg_embedded.control.keys import clamp
from pywg_embedded.core.config import InterfaceChange, same_private_key
from pywg_embedded.core.errors import LimitError
from tests.core.support import (
    NOW,
    WALL,
    RecordingCrypto,
    SeededCrypto,
    Side,
    change,
    complete_handshake,
    deliver,
    endpoint,
    established_pair,
    make_initiation,
    pair,
    peer_change,
    private_key,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NEW_KEY = private_key(8)
PSK = b"p" * 32
NET, HOST = (b"\x0a\0\0\0", 8), (b"\x0a\0\0\1", 32)
LATER = NOW + 10_000


def error_of(side: Side, wanted: InterfaceChange) -> LimitError | None:
    try:
        side.device.configure(wanted, NOW)
    except LimitError as error:
        return error
    return None


def test_keypairs_expire_and_nothing_is_sent_after_a_new_private_key() -> None:
    a, b, c, idle = (Side(n) for n in (1, 2, 3, 4))
    for n, side in enumerate((b, c, idle)):
        a.add_peer(side, persistent_keepalive=25)
        side.add_peer(a)
        if side is not idle:
            complete_handshake_with(a, side, n)
    a.device.configure(change(private_key=NEW_KEY), LATER)
    assert sorted(a.plane.calls_to("expire_keypairs")) == [(0,), (1,), (2,)]
    # The peers may not know the new key yet.
    assert a.sent_datagrams() == []
    assert a.plane.calls_to("wipe_keypairs") == []


def complete_handshake_with(initiator: Side, responder: Side, peer_id: int) -> None:
    initiator.device.handshake_needed(peer_id, NOW)
    deliver(initiator, responder)
    deliver(responder, initiator)


def test_first_packet_begins_a_handshake_at_once_after_a_new_private_key() -> None:
    for since_the_last_handshake in (1, 4_999, 60_000):
        a, b = established_pair()
        changed_at = NOW + since_the_last_handshake
        a.device.configure(change(private_key=NEW_KEY), changed_at)
        new_public = a.crypto.public_key(NEW_KEY)
        b.device.configure(change(peer_change(new_public)), changed_at + 1)
        a.device.handshake_needed(0, changed_at + 2)
        deliver(a, b, changed_at + 2)
        deliver(b, a, changed_at + 2)
        assert len(a.plane.keypairs[0]) == 2, since_the_last_handshake
        assert a.device.status(NOW)["public_key"] == new_public


def test_staged_packets_request_a_handshake_after_a_new_private_key() -> None:
    a, _ = established_pair()
    a.plane.calls.clear()
    a.device.configure(change(private_key=NEW_KEY), LATER)
    assert [call[0] for call in a.plane.calls if call[0] != "observe"][-2:] == [
        "expire_keypairs",
        "send_staged",
    ]


def test_private_key_is_reported_clamped() -> None:
    only_cleared_bits = b"\x07" + bytes(30) + b"\x80"
    for private in (b"\xff" * 32, only_cleared_bits, clamp(b"\xa5" * 32)):
        a, b = pair()
        a.device.configure(change(private_key=private), NOW)
        assert bytes(a.device.private_key()) == clamp(private)
        assert a.device.status(NOW)["private_key"] == a.device.private_key()
        assert a.device.public_key() == a.crypto.public_key(private)
        complete_handshake(a, b)
        a.plane.calls.clear()
        for same in (private, clamp(private)):
            a.device.configure(change(private_key=same), NOW)
        assert a.plane.calls == [] and a.sent_datagrams() == []


def test_private_keys_are_the_same_only_if_x25519_uses_them_alike() -> None:
    private = bytes(private_key(1))
    for position in range(256):
        changed = bytearray(private)
        changed[position // 8] ^= 1 << position % 8
        # RFC 7748: three bits of the first byte and two of the last are replaced.
        is_used = position not in (0, 1, 2, 254, 255)
        assert same_private_key(private, changed) is not is_used, position
        assert same_private_key(changed, private) is not is_used, position
    assert same_private_key(bytes(32), bytes(32))
    assert not same_private_key(bytes(32), private)
    assert not same_private_key(bytes(32), b"\1" + bytes(31))


def test_setting_the_same_private_key_has_no_effect() -> None:
    a, _ = established_pair()
    a.plane.calls.clear()
    a.device.configure(change(private_key=a.private), LATER)
    assert a.plane.calls == [] and a.sent_datagrams() == []


def test_old_private_key_and_cookie_secret_are_overwritten_by_a_new_key() -> None:
    watched = RecordingCrypto(1)
    a, b = pair(watched)
    a.receive(make_initiation(b, a.public, WALL), b.endpoint, NOW, 1_000)
    peer = a.device.peers.with_id(0)
    assert peer is not None
    shared = peer.static_static or b""
    a.device.configure(change(private_key=NEW_KEY), NOW)
    assert [bytes(secret) for secret in watched.unwiped_secrets()] == [NEW_KEY]
    assert bytes(shared) == bytes(32)


def test_a_handshake_in_progress_restarts_after_a_new_private_key() -> None:
    a, b = established_pair()
    a.device.handshake_needed(0, LATER)
    deliver(a, b, LATER)
    (response,) = b.sent_datagrams()
    a.device.configure(change(private_key=NEW_KEY), LATER + 1)
    assert [data[0] for data in a.sent_datagrams()] == [1]
    a.receive(response, b.endpoint, LATER + 2)
    # mac1 is for the old key.
    assert a.device.drops == {"mac1_invalid": 1}


def test_a_first_handshake_restarts_after_a_new_private_key() -> None:
    a, _ = pair()
    a.device.handshake_needed(0, NOW)
    a.device.configure(change(private_key=NEW_KEY), NOW + 1)
    a.sent_datagrams()
    assert len(a.run(NOW + 5_400)) == 1


def test_keypairs_expire_when_the_private_key_is_removed() -> None:
    a, _ = established_pair()
    a.device.configure(change(private_key=bytes(32)), LATER)
    assert a.plane.calls_to("expire_keypairs") == [(0,)]
    assert a.run(LATER + 100_000) == []


def test_first_packet_begins_a_handshake_when_the_private_key_is_set_again() -> None:
    a, b = established_pair()
    a.device.configure(change(private_key=bytes(32)), LATER)
    a.device.configure(change(private_key=a.private), LATER)
    a.device.handshake_needed(0, LATER)
    deliver(a, b, LATER)
    deliver(b, a, LATER)
    assert len(a.plane.keypairs[0]) == 2


def test_a_new_preshared_key_applies_to_the_next_handshake() -> None:
    a, b = established_pair()
    for side, side in ((a, b), (b, a)):
        side.plane.calls.clear()
        section = peer_change(side.public, preshared_key=PSK)
        side.device.configure(change(section), NOW)
        assert side.plane.calls == [] and side.sent_datagrams() == []
    complete_handshake(a, b, LATER)
    assert len(a.plane.keypairs[0]) == len(b.plane.keypairs[0]) == 2
    assert a.device.drops == b.device.drops == {}


def test_the_next_handshake_fails_if_preshared_keys_differ() -> None:
    a, b = established_pair()
    section = peer_change(b.public, preshared_key=PSK)
    a.device.configure(change(section), NOW)
    complete_handshake(a, b, LATER)
    assert a.device.drops == {"response_not_authentic": 1}
    assert len(a.plane.keypairs[0]) == 1


def test_a_preshared_key_set_during_a_handshake_applies_to_its_response() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    for side, side in ((a, b), (b, a)):
        section = peer_change(side.public, preshared_key=PSK)
        side.device.configure(change(section), NOW)
    deliver(a, b)
    deliver(b, a)
    assert len(a.plane.keypairs[0]) == 1


def test_a_peer_with_the_key_of_the_interface_is_ignored() -> None:
    a = Side(1)
    a.device.configure(change(peer_change(a.public)), NOW)
    assert a.device.peers.keys() == set()
    assert a.plane.calls == []


def test_a_peer_is_removed_when_the_interface_gets_its_key() -> None:
    a, b = established_pair()
    a.device.configure(change(private_key=b.private), LATER)
    assert a.device.peers.keys() == set()
    assert a.plane.calls_to("remove_peer") == [(0,)]
    assert a.sent_datagrams() == []


def test_nothing_changes_when_there_are_too_many_peers() -> None:
    a, b = pair()
    extra = [peer_change(private_key(n)) for n in (20, 21, 22)]
    a.plane.calls.clear()
    before = a.device.status(NOW)
    error = error_of(a, change(*extra, private_key=NEW_KEY))
    assert error is not None and "too many peers: 4" in str(error)
    assert a.device.status(NOW) == before
    assert a.plane.calls == []
    assert a.device.peers.keys() == {b.public}


def test_the_limit_of_peers_applies_to_the_outcome() -> None:
    keys = [private_key(n) for n in range(20, 27)]
    full = [peer_change(key) for key in keys[:3]]
    # a change of a full table, whether it is accepted
    for row, (wanted, fits) in enumerate(
        (
            (change(peer_change(keys[3])), False),
            (change(peer_change(keys[0])), True),
            (change(peer_change(keys[3], update_only=True)), True),
            (change(peer_change(keys[0], remove=True), peer_change(keys[3])), True),
            (change(peer_change(keys[3], remove=True), peer_change(keys[3])), False),
            (change(*[peer_change(k) for k in keys[3:6]], replace_peers=True), True),
            (change(*[peer_change(k) for k in keys[3:]], replace_peers=True), False),
        )
    ):
        side = Side(1)
        side.device.configure(change(*full), NOW)
        assert (error_of(side, wanted) is None) is fits, f"row {row}"


def test_a_replaced_peer_that_is_named_again_keeps_only_its_session() -> None:
    a, b = established_pair()
    c = Side(3)
    a.add_peer(c)
    section = peer_change(b.public, preshared_key=PSK, persistent_keepalive=25)
    a.device.configure(change(section), NOW)
    a.plane.calls.clear()
    a.device.configure(change(peer_change(b.public), replace_peers=True), NOW)
    assert a.plane.calls == [("remove_peer", 1), ("disallow_all", 0)]
    assert a.device.peers.keys() == {b.public}
    assert len(a.plane.keypairs[0]) == 1
    assert a.plane.facts[0].endpoint is not None
    kept = a.status()
    assert kept["preshared_key"] == bytes(32)
    assert kept["persistent_keepalive"] == 0


def test_a_second_change_of_a_replaced_peer_adds_to_the_first() -> None:
    a, b = established_pair()
    sections = [
        peer_change(b.public, preshared_key=PSK, allowed_ips={NET: True}),
        peer_change(b.public, persistent_keepalive=25, allowed_ips={HOST: True}),
    ]
    a.plane.calls.clear()
    a.device.configure(change(*sections, replace_peers=True), NOW)
    assert a.plane.calls_to("disallow_all") == [(0,)]
    assert a.plane.calls_to("allow") == [(0,) + NET, (0,) + HOST]
    assert a.status()["preshared_key"] == PSK
    assert a.status()["persistent_keepalive"] == 25


def test_a_removed_peer_that_is_named_again_has_no_session() -> None:
    a, b = established_pair()
    sections = [peer_change(b.public, remove=True), peer_change(b.public)]
    a.device.configure(change(*sections), NOW)
    assert a.device.peers.keys() == {b.public}
    assert a.plane.keypairs[0] == []
    assert a.plane.facts[0].endpoint is None


def test_updating_or_removing_an_unknown_peer_has_no_effect() -> None:
    for values in ({"update_only": True}, {"remove": True}):
        a = Side(1)
        section = peer_change(private_key(20), **values)
        a.device.configure(change(section), NOW)
        assert a.plane.calls == [], values
        assert a.device.peers.keys() == set(), values


def test_a_removed_peer_gets_no_answer() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    deliver(a, b)
    a.device.configure(change(peer_change(b.public, remove=True)), NOW)
    deliver(b, a)
    assert a.device.drops == {"unknown_index": 1}
    assert a.device.get_timer() is None
    b.device.handshake_needed(0, LATER)
    deliver(b, a, LATER)
    assert a.sent_datagrams() == []
    assert a.device.drops == {"unknown_index": 1, "unknown_peer": 1}


def test_allowed_ips_are_passed_to_the_data_plane() -> None:
    a, b = pair()
    # the peer change, calls of the data plane
    table: tuple[tuple[dict[str, Any], list[tuple[Any, ...]]], ...] = (
        ({"allowed_ips": {NET: True}}, [("allow", 0) + NET]),
        ({"allowed_ips": {NET: False}}, [("disallow", 0) + NET]),
        ({"replace_allowed_ips": True}, [("disallow_all", 0)]),
        (
            {"replace_allowed_ips": True, "allowed_ips": {HOST: True}},
            [("disallow_all", 0), ("allow", 0) + HOST],
        ),
    )
    for row, (values, calls) in enumerate(table):
        a.plane.calls.clear()
        a.device.configure(change(peer_change(b.public, **values)), NOW)
        assert a.plane.calls == calls, f"row {row}"


def test_staged_packets_are_sent_when_the_endpoint_is_set() -> None:
    a, b = established_pair()
    a.plane.calls.clear()
    where = endpoint(9, 4000)
    section = peer_change(b.public, endpoint=where.remote())
    a.device.configure(change(section), NOW)
    found = a.plane.facts[0].endpoint
    assert found is not None and found.remote() == where.remote()
    assert a.plane.calls == [("send_staged", 0)]


def test_a_keepalive_is_sent_when_persistent_keepalive_is_enabled() -> None:
    a, b = established_pair()
    # the new interval, keepalives sent at once
    for row, (seconds, sent) in enumerate(
        ((25, 1), (25, 0), (10, 0), (0, 0), (10, 1), (0, 0))
    ):
        a.plane.calls.clear()
        section = peer_change(b.public, persistent_keepalive=seconds)
        a.device.configure(change(section), NOW)
        assert len(a.plane.calls_to("send_keepalive")) == sent, f"row {row}"


def test_a_shorter_persistent_keepalive_applies_at_once() -> None:
    a, b = established_pair()
    for n, seconds in enumerate((100, 10)):
        a.plane.now = LATER + 1_000 * n
        section = peer_change(b.public, persistent_keepalive=seconds)
        a.device.configure(change(section), a.plane.now)
        a.run(a.plane.now)
    assert a.device.get_timer() == LATER + 10_000


def test_nothing_is_sent_for_a_change_while_down() -> None:
    a, b = Side(1), Side(2)
    a.device.interface_down(NOW)
    a.add_peer(b, persistent_keepalive=25)
    a.device.configure(change(private_key=NEW_KEY), NOW)
    assert a.plane.calls_to("send_keepalive") == []
    assert a.sent_datagrams() == []


def test_a_change_of_one_peer_leaves_the_session_of_another() -> None:
    a, b = established_pair()
    c = Side(3, SeededCrypto(3))
    a.plane.calls.clear()
    a.add_peer(c, preshared_key=PSK)
    a.device.configure(change(peer_change(c.public, remove=True)), NOW)
    assert all(call[1] == 1 for call in a.plane.calls)
    assert len(a.plane.keypairs[0]) == 1
    assert a.device.peers.keys() == {b.public}


def test_the_data_plane_gets_each_identity() -> None:
    a, _ = pair()
    a.plane.calls.clear()
    a.device.configure(change(private_key=NEW_KEY), NOW)
    a.device.configure(change(private_key=bytes(32)), NOW)
    public = a.crypto.public_key(NEW_KEY)
    assert a.plane.calls_to("set_identity") == [(public,), (None,)]
