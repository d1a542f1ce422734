"""The handshake filter of each plane: which messages become events."""

import struct
from typing import Any

import pytest

from pywg_embedded import crypto
from pywg_embedded.core import messages
from pywg_embedded.core.constants import (
    COOKIE_REPLY_SIZE,
    COOKIE_SECRET_LIFETIME,
    COOKIES_EXPECTED,
    HANDSHAKE_TOS,
    MESSAGE_COOKIE_REPLY,
    MESSAGE_INITIATION,
    MESSAGE_RESPONSE,
    SOURCE_PACKETS_BURST,
    UNDER_LOAD_BACKLOG,
    UNDER_LOAD_HOLD_TIME,
)
from pywg_embedded.dataplane import events

from .handshakes import PUBLIC, cookie_key, cookie_of, cookie_reply, message
from .rig import LOOPBACK, RemoteSocket, Rig

SECRET, OTHER_SECRET = bytes([7]) * 32, bytes([8]) * 32
OTHER_PUBLIC = bytes(reversed(PUBLIC))
EVENT, FULL = "event", "handshake_queue_full"
# The index of a sent message, and of none.
KNOWN, UNKNOWN = 1, 2


def outcome_of(rig: Rig, datagram: bytes, remote: RemoteSocket | None = None) -> str:
    """Return EVENT, or the drop reason of a datagram."""
    before = rig.drops()
    rig.deliver(datagram, remote)
    (reason,) = [r for r, n in rig.drops().items() if n != before.get(r)] or [EVENT]
    seen = rig.events(events.HANDSHAKE)
    assert [event[1] for event in seen] == ([datagram] if reason == EVENT else [])
    return reason


def crowd(rig: Rig, count: int) -> list[Any]:
    """Send accepted messages at once, and return their events."""
    rig.plane.expect_cookie(KNOWN)
    before = rig.drops()
    for _ in range(count):
        rig.remote.send(cookie_reply(KNOWN), rig.port)
    seen: list[Any] = []
    while len(seen) < count:
        assert rig.drops() == before
        seen += rig.events(events.HANDSHAKE)
    return seen


def load(rig: Rig) -> None:
    """Put the plane under load."""
    crowd(rig, 4 * UNDER_LOAD_BACKLOG)


def enter_load_with_secret(rig: Rig, secret: bytes = SECRET) -> bytes:
    """Put the plane under load with a secret; return the cookie of ``remote``."""
    load(rig)
    rig.plane.set_cookie_secret(secret, rig.now)
    return cookie_of(secret, rig.remote.endpoint())


# Without load


def flip(data: bytes, position: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


INITIATION, RESPONSE = message(9), message(9, kind=MESSAGE_RESPONSE)
WITHOUT_LOAD = (
    (INITIATION, EVENT),
    (RESPONSE, EVENT),
    (cookie_reply(UNKNOWN), EVENT),
    # Invalid size or type
    (INITIATION[:-1], "malformed"),
    (INITIATION + b"\0", "malformed"),
    (RESPONSE[:-1], "malformed"),
    (RESPONSE + bytes(56), "malformed"),
    (cookie_reply(1)[:-1], "malformed"),
    (cookie_reply(1) + b"\0", "malformed"),
    (b"\0" + INITIATION[1:], "malformed"),
    (b"\5" + INITIATION[1:], "malformed"),
    (flip(INITIATION, 1), "malformed"),
    (flip(RESPONSE, 3), "malformed"),
    # Invalid mac1
    (flip(INITIATION, 4), "mac1_invalid"),
    (flip(INITIATION, -33), "mac1_invalid"),
    (flip(INITIATION, -32), "mac1_invalid"),
    (flip(INITIATION, -17), "mac1_invalid"),
    (flip(RESPONSE, -32), "mac1_invalid"),
    (message(9, public=OTHER_PUBLIC), "mac1_invalid"),
    (message(9, kind=MESSAGE_RESPONSE, public=OTHER_PUBLIC), "mac1_invalid"),
    # mac2 does not matter
    (flip(INITIATION, -16), EVENT),
    (message(9, b"no cookie"), EVENT),
)


@pytest.mark.parametrize("row", range(len(WITHOUT_LOAD)))
def test_size_and_mac1_decide_without_load(rig: Rig, row: int) -> None:
    datagram, expected = WITHOUT_LOAD[row]
    assert outcome_of(rig, datagram) == expected


def test_nothing_is_accepted_without_an_identity(rig: Rig) -> None:
    rig.plane.set_identity(None)
    for datagram in (INITIATION, RESPONSE, cookie_reply(KNOWN)):
        assert outcome_of(rig, datagram) == "no_identity"
    rig.plane.set_identity(OTHER_PUBLIC)
    assert outcome_of(rig, INITIATION) == "mac1_invalid"
    assert outcome_of(rig, message(public=OTHER_PUBLIC)) == EVENT


# Load


def test_the_reported_backlog_shows_load(rig: Rig) -> None:
    assert max(event[3] for event in crowd(rig, 100)) < UNDER_LOAD_BACKLOG
    load(rig)
    for later in (0, UNDER_LOAD_HOLD_TIME - 1, UNDER_LOAD_HOLD_TIME):
        rig.now += later
        (event,) = crowd(rig, 1)
        expected = 0 if later == UNDER_LOAD_HOLD_TIME else UNDER_LOAD_BACKLOG
        assert event[3] == expected, later
        rig.now -= later


def test_messages_become_events_without_a_secret(rig: Rig) -> None:
    load(rig)
    assert outcome_of(rig, INITIATION) == EVENT


def test_messages_without_a_cookie_get_an_eighth_of_the_queue(rig: Rig) -> None:
    count = 4 * UNDER_LOAD_BACKLOG
    for n in range(count):
        rig.remote.send(message(n), rig.port)
    seen: list[Any] = []
    while len(seen) + rig.drops().get(FULL, 0) < count:
        seen += rig.events(events.HANDSHAKE)
    assert rig.drops().keys() == {FULL}
    # Such a backlog is load, and the messages that became events made room.
    assert len(seen) >= UNDER_LOAD_BACKLOG
    assert max(event[3] for event in seen) == UNDER_LOAD_BACKLOG


@pytest.mark.parametrize("kind", [MESSAGE_INITIATION, MESSAGE_RESPONSE])
@pytest.mark.parametrize("host", LOOPBACK.values())
def test_a_cookie_reply_is_sent_with_a_secret(rig: Rig, kind: int, host: str) -> None:
    enter_load_with_secret(rig)
    remote = RemoteSocket(host)
    with remote.socket:
        datagram = message(0x12345678, kind=kind)
        assert outcome_of(rig, datagram, remote) == "cookie_required"
        sent = remote.receive()
        assert sent.tos == HANDSHAKE_TOS
        cookie = decrypt_all(sent.data, datagram)
        assert cookie == cookie_of(SECRET, remote.endpoint())
        assert outcome_of(rig, message(5, cookie, kind), remote) == EVENT


def decrypt_all(reply: bytes, datagram: bytes) -> bytes | None:
    """Return the cookie in the reply to a datagram."""
    kind, (receiver, nonce, sealed) = messages.parse(reply)
    assert (kind, len(reply)) == (MESSAGE_COOKIE_REPLY, COOKIE_REPLY_SIZE)
    assert struct.pack("<I", receiver) == datagram[4:8]
    return crypto.xopen(cookie_key(), nonce, sealed, datagram[-32:-16])


def test_no_two_replies_share_a_nonce(rig: Rig) -> None:
    enter_load_with_secret(rig)
    nonces = set()
    for _ in range(50):
        assert outcome_of(rig, INITIATION) == "cookie_required"
        nonces.add(rig.remote.receive().data[8:32])
    assert len(nonces) == 50


def test_a_forged_message_gets_no_cookie_reply(rig: Rig) -> None:
    enter_load_with_secret(rig)
    assert outcome_of(rig, flip(INITIATION, -32)) == "mac1_invalid"
    assert outcome_of(rig, INITIATION) == "cookie_required"
    assert decrypt_all(rig.remote.receive().data, INITIATION) is not None


def test_a_cookie_is_valid_for_one_address_port_and_secret(rig: Rig) -> None:
    cookie = enter_load_with_secret(rig)
    for stranger in (RemoteSocket(), RemoteSocket("127.0.0.2")):
        with stranger.socket:
            assert outcome_of(rig, message(1, cookie), stranger) == "cookie_required"
    assert outcome_of(rig, message(1, cookie[:-1] + b"?")) == "cookie_required"
    assert outcome_of(rig, flip(message(1, cookie), -1)) == "cookie_required"
    assert outcome_of(rig, message(1, cookie)) == EVENT
    rig.plane.set_cookie_secret(OTHER_SECRET, rig.now)
    assert outcome_of(rig, message(1, cookie)) == "cookie_required"


def test_a_secret_expires_after_two_minutes(rig: Rig) -> None:
    cookie = enter_load_with_secret(rig)
    for later, expected in (
        (COOKIE_SECRET_LIFETIME - 1, "cookie_required"),
        (COOKIE_SECRET_LIFETIME, EVENT),
    ):
        rig.now += later
        load(rig)
        # Without a secret every message is an event.
        assert outcome_of(rig, message()) == expected, later
        assert outcome_of(rig, message(1, cookie)) == EVENT, later
        rig.now -= later


def test_the_secret_ends_with_the_identity(rig: Rig) -> None:
    enter_load_with_secret(rig)
    rig.plane.set_identity(PUBLIC)
    assert outcome_of(rig, INITIATION) == EVENT
    rig.plane.set_identity(None)
    rig.plane.set_cookie_secret(SECRET, rig.now)
    rig.plane.set_identity(PUBLIC)
    assert outcome_of(rig, INITIATION) == EVENT


def test_each_source_has_a_burst_and_a_steady_rate(rig: Rig) -> None:
    cookie = enter_load_with_secret(rig)
    # milliseconds later, how many of ten are accepted
    rows = ((0, SOURCE_PACKETS_BURST), (49, 0), (1, 1), (150, 3))
    for row, (later, passing) in enumerate(rows):
        rig.now += later
        outcomes = [outcome_of(rig, message(n, cookie)) for n in range(10)]
        expected = [EVENT] * passing + ["rate_limited"] * (10 - passing)
        assert outcomes == expected, f"row {row}"


def test_sources_do_not_share_their_rate(rig: Rig) -> None:
    cookie = enter_load_with_secret(rig)
    while outcome_of(rig, message(1, cookie)) == EVENT:
        pass
    stranger = RemoteSocket("127.0.0.2")
    with stranger.socket:
        theirs = cookie_of(SECRET, stranger.endpoint())
        assert outcome_of(rig, message(1, theirs), stranger) == EVENT


def test_cookie_replies_to_the_latest_messages_are_accepted_under_load(
    rig: Rig,
) -> None:
    enter_load_with_secret(rig)
    assert outcome_of(rig, cookie_reply(KNOWN)) == EVENT
    assert outcome_of(rig, cookie_reply(UNKNOWN)) == "unknown_index"
    for n in range(COOKIES_EXPECTED - 1):
        rig.plane.expect_cookie(1_000 + n)
    assert outcome_of(rig, cookie_reply(KNOWN)) == EVENT
    rig.plane.expect_cookie(999)
    assert outcome_of(rig, cookie_reply(KNOWN)) == "unknown_index"
    assert outcome_of(rig, cookie_reply(999)) == EVENT


# Rejected messages, and their drop reasons
REJECTED = ((message(), "cookie_required"), (cookie_reply(UNKNOWN), "unknown_index"))


@pytest.mark.parametrize(
    "row", range(len(REJECTED)), ids=["initiation", "cookie reply"]
)
def test_load_lasts_while_enough_messages_are_rejected(rig: Rig, row: int) -> None:
    datagram, expected = REJECTED[row]
    enter_load_with_secret(rig)
    rig.now += UNDER_LOAD_HOLD_TIME - 1
    for _ in range(UNDER_LOAD_BACKLOG - 1):
        assert outcome_of(rig, datagram) == expected
    rig.now += 1
    assert outcome_of(rig, datagram) == EVENT
    enter_load_with_secret(rig)
    rig.now += UNDER_LOAD_HOLD_TIME - 1
    for _ in range(UNDER_LOAD_BACKLOG):
        assert outcome_of(rig, datagram) == expected
    rig.now += UNDER_LOAD_HOLD_TIME - 1
    assert outcome_of(rig, datagram) == expected
    rig.now += 1
    assert outcome_of(rig, datagram) == EVENT


def test_messages_with_a_cookie_get_the_rest_of_the_queue(rig: Rig) -> None:
    cookie = enter_load_with_secret(rig)
    for _ in range(UNDER_LOAD_BACKLOG + 32):
        rig.remote.send(cookie_reply(KNOWN), rig.port)
    rig.remote.send(message(1, cookie), rig.port)
    seen: list[Any] = []
    while not seen or seen[-1][1] != message(1, cookie):
        seen += rig.events(events.HANDSHAKE)
    assert (rig.drops(), len(seen)) == ({}, UNDER_LOAD_BACKLOG + 33)
