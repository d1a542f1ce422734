"""Diagnosis: symptoms of a peer, its code and a part of the text."""

import pytest

from pywg_embedded.daemon.status.diagnosis import CODES, Symptoms, diagnose

NOW = 1_800_000_000
ACTIVE = {"endpoint": "192.0.2.2:51820", "wall_time": NOW}
WAITING = {**ACTIVE, "unanswered_initiations": 1}
TIMED_OUT = {**ACTIVE, "unanswered_initiations": 4}

ROWS: tuple[tuple[dict[str, object], str, str], ...] = (
    ({"up": False, "handshake_age": 5}, "down", "down"),
    ({"listen_error": "cannot listen: Address in use"}, "no_port", "Address in use"),
    ({**ACTIVE, "handshake_age": 179_999}, "linked", ""),
    ({**ACTIVE, "handshake_age": 180_000}, "idle", "idle"),
    ({**WAITING, "handshake_age": 150_000}, "linked", ""),
    (
        {**TIMED_OUT, "handshake_age": 5_000, "unresponsive": True},
        "no_answer",
        "192.0.2.2",
    ),
    ({"host": "a.test", "lookup_error": "Name unknown"}, "unresolved", "a.test: Name"),
    ({"host": "a.test"}, "resolving", "a.test"),
    ({"wall_time": NOW}, "no_endpoint", "not sent a handshake"),
    (
        {"wall_time": NOW, "recent_drops": ["unknown_peer"]},
        "unknown_peer",
        "unknown public key",
    ),
    (
        {"wall_time": NOW, "recent_drops": ["mac1_invalid"]},
        "mac1",
        "another public key",
    ),
    ({"wall_time": NOW, "recent_drops": ["initiation_replayed"]}, "stale", "clock"),
    ({**ACTIVE, "recent_drops": ["mac1_invalid", "unknown_peer"]}, "idle", ""),
    (
        {**WAITING, "recent_drops": ["response_not_authentic"]},
        "psk",
        "same preshared key",
    ),
    ({**WAITING, "recent_drops": ["send_enetunreach"]}, "unreachable", "no route"),
    (
        {**WAITING, "recent_drops": ["receive_econnrefused"]},
        "nobody",
        "port closed",
    ),
    ({**WAITING, "wall_time": 1_000}, "clock", "clock of this machine"),
    ({**TIMED_OUT, "wall_time": 1_000}, "clock", "clock of this machine"),
    (WAITING, "calling", "192.0.2.2:51820"),
    ({**ACTIVE, "unanswered_initiations": 3}, "calling", "192.0.2.2:51820"),
    (TIMED_OUT, "no_answer", "the UDP port is open"),
    ({**TIMED_OUT, "host": "a.test", "lookup_error": "Name unknown"}, "no_answer", ""),
    (ACTIVE, "idle", "idle"),
)


@pytest.mark.parametrize(
    ("known", "code", "part"),
    ROWS,
    ids=[f"{index}-{code}" for index, (_, code, _) in enumerate(ROWS)],
)
def test_symptoms_have_a_diagnosis(
    known: dict[str, object], code: str, part: str
) -> None:
    symptoms = Symptoms()
    for name, value in known.items():
        assert hasattr(symptoms, name)
        setattr(symptoms, name, value)
    diagnosed, text = diagnose(symptoms)
    assert diagnosed == code
    assert part in text
    assert text or code == "linked"


def test_every_code_is_covered() -> None:
    assert {code for _, code, _ in ROWS} == set(CODES)
