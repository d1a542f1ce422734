"""The effect of sent and received packets on the facts of a peer."""

from pywg_embedded.core.facts import Facts

SENT, RECEIVED, DATA, KEEPALIVE = True, False, True, False
NAMES = (
    "last_sent",
    "last_received",
    "last_data_sent",
    "data_sent_since",
    "data_received_since",
)
FAILURES = ("data_failed_since", "last_failed", "last_sent", "data_sent_since")
# the packets (sent, data) at the times 1, 2, 3, ...; the outcome as in NAMES
HISTORIES = (
    ((), (0, 0, 0, 0, 0)),
    (((SENT, DATA),), (1, 0, 1, 1, 0)),
    (((SENT, KEEPALIVE),), (1, 0, 0, 0, 0)),
    (((RECEIVED, DATA),), (0, 1, 0, 0, 1)),
    (((RECEIVED, KEEPALIVE),), (0, 1, 0, 0, 0)),
    # The first unanswered packet counts.
    (((SENT, DATA), (SENT, DATA)), (2, 0, 2, 1, 0)),
    (((RECEIVED, DATA), (RECEIVED, DATA)), (0, 2, 0, 0, 1)),
    # A keepalive neither sets nor resets the time of its own direction.
    (((SENT, DATA), (SENT, KEEPALIVE)), (2, 0, 1, 1, 0)),
    # Any packet resets the time of the other direction.
    (((SENT, DATA), (RECEIVED, KEEPALIVE)), (1, 2, 1, 0, 0)),
    (((RECEIVED, DATA), (SENT, KEEPALIVE)), (2, 1, 0, 0, 0)),
    (((SENT, DATA), (RECEIVED, DATA)), (1, 2, 1, 0, 2)),
    # The time is set again by the next packet.
    (((SENT, DATA), (RECEIVED, DATA), (SENT, DATA)), (3, 2, 3, 3, 0)),
)


def test_since_times_begin_with_unanswered_packets() -> None:
    for row, (history, outcome) in enumerate(HISTORIES):
        facts = Facts()
        for time, (sent, is_data) in enumerate(history, 1):
            note = facts.record_sent if sent else facts.record_received
            note(time, is_data)
        assert tuple(getattr(facts, name) for name in NAMES) == outcome, f"row {row}"


def test_reset_clears_since_times_only() -> None:
    facts = Facts()
    facts.record_sent(1, DATA)
    facts.record_received(2, DATA)
    facts.record_sent(3, DATA)
    facts.reset_unanswered()
    assert tuple(getattr(facts, name) for name in NAMES) == (3, 2, 3, 0, 0)


def test_failed_data_is_not_sent_and_unanswered_until_a_packet_is_received() -> None:
    facts = Facts()
    facts.record_failed(1, DATA)
    facts.record_failed(2, KEEPALIVE)
    assert tuple(getattr(facts, name) for name in FAILURES) == (1, 2, 0, 0)
    assert facts.unanswered_since() == 1
    facts.record_sent(3, DATA)
    assert tuple(getattr(facts, name) for name in FAILURES) == (1, 2, 3, 3)
    assert facts.unanswered_since() == 1
    facts.record_received(4, KEEPALIVE)
    assert facts.unanswered_since() == 0
    facts.record_sent(5, DATA)
    facts.record_failed(6, DATA)
    assert facts.unanswered_since() == 5
    facts.reset_unanswered()
    assert facts.unanswered_since() == 0
