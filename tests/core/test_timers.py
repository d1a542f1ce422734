"""Each deadline as a function of facts: numbered tables of what is known and when due.

What a row does not name is 0 or None, for never.
"""

from pywg_embedded import crypto
from pywg_embedded.core import noise, timers
from pywg_embedded.core.facts import Facts
from pywg_embedded.core.peer import Peer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Row = tuple[dict[str, Any], dict[str, Any], int | None]

JITTER = 333
T = 1_000_000
STATE = noise.SymmetricState(crypto, bytearray(32), bytes(32))
HANDSHAKE = noise.Handshake(STATE, bytearray(32), 1)

# peer state, facts, due time
RETRY_HANDSHAKE: "tuple[Row, ...]" = (
    ({}, {}, None),
    ({"initiation_sent_at": T}, {}, None),
    ({"initiation_sent_at": T, "handshake": HANDSHAKE}, {}, T + 5_000),
    (
        {"initiation_sent_at": T, "handshake": HANDSHAKE, "jitter": JITTER},
        {},
        T + 5_333,
    ),
    # Other packets do not matter.
    (
        {"initiation_sent_at": T, "handshake": HANDSHAKE, "handshake_sent_at": T + 9},
        {"last_sent": T + 9, "last_received": T + 9},
        T + 5_000,
    ),
)
BEGIN_HANDSHAKE: "tuple[Row, ...]" = (
    ({}, {}, None),
    ({"handshake_sent_at": T}, {}, None),
    ({"handshake_sent_at": T, "handshake_requested_at": T + 1}, {}, T + 5_000),
    (
        {"handshake_sent_at": T, "handshake_requested_at": T + 1, "jitter": JITTER},
        {},
        T + 5_333,
    ),
    # A handshake is in progress.
    (
        {
            "handshake_sent_at": T,
            "handshake_requested_at": T + 1,
            "handshake": HANDSHAKE,
        },
        {},
        None,
    ),
    # Transport data does not delay it.
    (
        {"handshake_sent_at": T, "handshake_requested_at": T + 1},
        {"last_sent": T + 9},
        T + 5_000,
    ),
)
REPLACE_DEAD_SESSION: "tuple[Row, ...]" = (
    ({}, {}, None),
    ({}, {"data_sent_since": T, "last_data_sent": T}, T + 15_000),
    ({"jitter": JITTER}, {"data_sent_since": T, "last_data_sent": T}, T + 15_333),
    # Begins with the first unanswered packet.
    ({}, {"data_sent_since": T, "last_data_sent": T + 14_999}, T + 15_000),
    # A keepalive is not data.
    ({}, {"last_sent": T}, None),
    # Data that could not be sent.
    ({}, {"data_failed_since": T, "last_failed": T}, T + 15_000),
    ({}, {"data_failed_since": T, "data_sent_since": T + 1}, T + 15_000),
    ({}, {"data_failed_since": T + 1, "data_sent_since": T}, T + 15_000),
    (
        {"initiation_sent_at": T + 15_000},
        {"data_failed_since": T, "last_failed": T + 16_000},
        T + 30_000,
    ),
    (
        {"initiation_sent_at": T + 15_000},
        {"data_failed_since": T, "last_failed": T + 15_000},
        None,
    ),
    # A handshake was tried since: again only if data was sent after it.
    (
        {"initiation_sent_at": T + 15_000},
        {"data_sent_since": T, "last_data_sent": T + 16_000},
        T + 30_000,
    ),
    (
        {"initiation_sent_at": T + 15_000},
        {"data_sent_since": T, "last_data_sent": T + 9_000},
        None,
    ),
    (
        {"initiation_sent_at": T + 15_000},
        {"data_sent_since": T, "last_data_sent": T + 15_000},
        None,
    ),
    # An initiation before or with the data does not matter.
    (
        {"initiation_sent_at": T},
        {"data_sent_since": T, "last_data_sent": T},
        T + 15_000,
    ),
    (
        {"initiation_sent_at": T - 1},
        {"data_sent_since": T, "last_data_sent": T + 1},
        T + 15_000,
    ),
)
PASSIVE_KEEPALIVE: "tuple[Row, ...]" = (
    ({}, {}, None),
    ({}, {"data_received_since": T}, T + 10_000),
    # No jitter.
    ({"jitter": JITTER}, {"data_received_since": T}, T + 10_000),
    # A keepalive was received.
    ({}, {"last_received": T}, None),
    # A keepalive could not be sent.
    ({}, {"data_received_since": T, "last_failed": T + 10_000}, T + 20_000),
    ({}, {"data_received_since": T, "last_failed": T - 1}, T + 10_000),
)
PERSISTENT_KEEPALIVE: "tuple[Row, ...]" = (
    ({}, {"last_sent": T}, None),
    ({"persistent_keepalive": 25}, {"last_sent": T}, T + 25_000),
    ({"persistent_keepalive": 1}, {"last_sent": T}, T + 1_000),
    ({"persistent_keepalive": 65_535}, {"last_sent": T}, T + 65_535_000),
    # The last packet of either direction delays it.
    ({"persistent_keepalive": 25}, {"last_received": T}, T + 25_000),
    # A keepalive could not be sent.
    (
        {"persistent_keepalive": 25},
        {"last_sent": T, "last_failed": T + 25_000},
        T + 50_000,
    ),
    # A handshake message could not be sent.
    (
        {"persistent_keepalive": 25, "handshake_sent_at": T + 25_000},
        {"last_sent": T},
        T + 50_000,
    ),
    ({"persistent_keepalive": 25}, {"last_sent": T, "last_received": 1}, T + 25_000),
    ({"persistent_keepalive": 25}, {"last_sent": 1, "last_received": T}, T + 25_000),
)
WIPE_SESSION: "tuple[Row, ...]" = (
    ({}, {}, None),
    ({"session_created_at": T}, {}, T + 540_000),
    # Traffic does not delay it.
    (
        {"session_created_at": T},
        {"last_sent": T + 100, "last_received": T + 100},
        T + 540_000,
    ),
)

# persistent keepalive in seconds, delay in milliseconds
VISITS = ((0, 10_000), (1, 1_000), (9, 9_000), (10, 10_000), (25, 10_000))


def filled(target: "Any", values: "dict[str, Any]") -> "Any":
    for name, value in values.items():
        setattr(target, name, value)
    return target


def check(
    deadline: "Callable[[Peer, Facts], int | None]", rows: "tuple[Row, ...]"
) -> None:
    for row, (remembered, recorded, due) in enumerate(rows):
        peer = filled(Peer(crypto, 0, bytes(32)), remembered)
        assert deadline(peer, filled(Facts(), recorded)) == due, f"row {row}"


def test_an_unanswered_initiation_is_retried_after_5_seconds_and_jitter() -> None:
    check(timers.retry_handshake, RETRY_HANDSHAKE)


def test_a_delayed_handshake_begins_5_seconds_after_the_last_message() -> None:
    check(timers.begin_handshake, BEGIN_HANDSHAKE)


def test_a_rekey_is_due_15_seconds_and_jitter_after_unanswered_data() -> None:
    check(timers.replace_dead_session, REPLACE_DEAD_SESSION)


def test_a_keepalive_is_due_10_seconds_after_unanswered_data() -> None:
    check(timers.passive_keepalive, PASSIVE_KEEPALIVE)


def test_a_persistent_keepalive_is_due_after_the_last_packet() -> None:
    check(timers.persistent_keepalive, PERSISTENT_KEEPALIVE)


def test_keypairs_expire_540_seconds_after_the_last_was_derived() -> None:
    check(timers.session_expiry, WIPE_SESSION)


def test_activity_is_processed_before_any_deadline_that_it_causes() -> None:
    for row, (seconds, after) in enumerate(VISITS):
        peer = filled(Peer(crypto, 0, bytes(32)), {"persistent_keepalive": seconds})
        assert timers.delay_after_activity(peer) == after, f"row {row}"
