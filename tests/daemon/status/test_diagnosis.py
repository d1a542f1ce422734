"""Why there is no session: one row of facts, one code."""

import pytest

from pywg_embedded.daemon.status.diagnosis import CODES, Symptoms, diagnose

NOW = 1_800_000_000
SPEAKING = {"endpoint": "192.0.2.2:51820", "wall_time": NOW}
CALLING = {**SPEAKING, "unanswered_initiations": 1}
IN_VAIN = {**SPEAKING, "unanswered_initiations": 4}

# What is known, the code, a part of the words.
ROWS: tuple[tuple[dict[str, object], str, str], ...] = (
    ({"up": False, "handshake_age": 5}, "down", "down"),
    ({"listen_error": "cannot listen: Address in use"}, "no_port", "Address in use"),
    ({**SPEAKING, "handshake_age": 179_999}, "linked", ""),
    ({**SPEAKING, "handshake_age": 180_000}, "idle", "nothing to send"),
    ({**CALLING, "handshake_age": 150_000}, "linked", ""),
    (
        {**IN_VAIN, "handshake_age": 5_000, "unresponsive": True},
        "no_answer",
        "192.0.2.2",
    ),
    ({"host": "a.test", "lookup_error": "Name unknown"}, "unresolved", "a.test: Name"),
    ({"host": "a.test"}, "resolving", "a.test"),
    ({"wall_time": NOW}, "no_endpoint", "not called yet"),
    (
        {"wall_time": NOW, "recent_drops": ["unknown_peer"]},
        "unknown_peer",
        "no peer here has",
    ),
    (
        {"wall_time": NOW, "recent_drops": ["mac1_invalid"]},
        "mac1",
        "another public key",
    ),
    ({"wall_time": NOW, "recent_drops": ["initiation_replayed"]}, "stale", "clock"),
    ({**SPEAKING, "recent_drops": ["mac1_invalid", "unknown_peer"]}, "idle", ""),
    ({**CALLING, "recent_drops": ["response_not_authentic"]}, "psk", "preshared keys"),
    ({**CALLING, "recent_drops": ["send_enetunreach"]}, "unreachable", "no route"),
    (
        {**CALLING, "recent_drops": ["receive_econnrefused"]},
        "nobody",
        "nobody listens",
    ),
    ({**CALLING, "wall_time": 1_000}, "clock", "our clock"),
    ({**IN_VAIN, "wall_time": 1_000}, "clock", "our clock"),
    (CALLING, "calling", "192.0.2.2:51820"),
    ({**SPEAKING, "unanswered_initiations": 3}, "calling", "192.0.2.2:51820"),
    (IN_VAIN, "no_answer", "is the port open"),
    ({**IN_VAIN, "host": "a.test", "lookup_error": "Name unknown"}, "no_answer", ""),
    (SPEAKING, "idle", "nothing to send"),
)


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_what_is_known_tells_why(row: int) -> None:
    known, code, words = ROWS[row]
    symptoms = Symptoms()
    for name, value in known.items():
        assert hasattr(symptoms, name)
        setattr(symptoms, name, value)
    found, said = diagnose(symptoms)
    assert found == code
    assert words in said
    assert said or code == "linked"


def test_every_code_has_a_row() -> None:
    assert {code for _, code, _ in ROWS} == set(CODES)
