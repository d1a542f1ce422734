"""Why there is no session: one row of facts, one code."""

import pytest

from pywg_embedded.daemon.status.diagnosis import CODES, Situation, diagnose

NOW = 1_800_000_000
SPEAKING = {"endpoint": "192.0.2.2:51820", "wall": NOW}
CALLING = {**SPEAKING, "unanswered": 1}
IN_VAIN = {**SPEAKING, "unanswered": 4}

# What is known, the code, a part of the words.
ROWS: tuple[tuple[dict[str, object], str, str], ...] = (
    ({"up": False, "handshake_age": 5}, "down", "down"),
    ({"refused": "cannot listen: Address in use"}, "no_port", "Address in use"),
    ({**SPEAKING, "handshake_age": 179_999}, "linked", ""),
    ({**SPEAKING, "handshake_age": 180_000}, "idle", "nothing to send"),
    ({**CALLING, "handshake_age": 150_000}, "linked", ""),
    ({**IN_VAIN, "handshake_age": 5_000, "in_vain": True}, "no_answer", "192.0.2.2"),
    ({"host": "a.test", "failure": "Name unknown"}, "unresolved", "a.test: Name"),
    ({"host": "a.test"}, "resolving", "a.test"),
    ({"wall": NOW}, "no_endpoint", "not called yet"),
    ({"wall": NOW, "dropped": ["unknown peer"]}, "unknown_peer", "no peer here has"),
    ({"wall": NOW, "dropped": ["mac1"]}, "mac1", "another public key"),
    ({"wall": NOW, "dropped": ["replayed initiation"]}, "stale", "clock"),
    ({**SPEAKING, "dropped": ["mac1", "unknown peer"]}, "idle", ""),
    ({**CALLING, "dropped": ["response not authentic"]}, "psk", "preshared keys"),
    ({**CALLING, "dropped": ["send: ENETUNREACH"]}, "unreachable", "no route"),
    ({**CALLING, "dropped": ["receive: ECONNREFUSED"]}, "nobody", "nobody listens"),
    ({**CALLING, "wall": 1_000}, "clock", "our clock"),
    ({**IN_VAIN, "wall": 1_000}, "clock", "our clock"),
    (CALLING, "calling", "192.0.2.2:51820"),
    ({**SPEAKING, "unanswered": 3}, "calling", "192.0.2.2:51820"),
    (IN_VAIN, "no_answer", "is the port open"),
    ({**IN_VAIN, "host": "a.test", "failure": "Name unknown"}, "no_answer", ""),
    (SPEAKING, "idle", "nothing to send"),
)


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_what_is_known_tells_why(row: int) -> None:
    known, code, words = ROWS[row]
    situation = Situation()
    for name, value in known.items():
        assert hasattr(situation, name)
        setattr(situation, name, value)
    found, said = diagnose(situation)
    assert found == code
    assert words in said
    assert said or code == "linked"


def test_every_code_has_a_row() -> None:
    assert {code for _, code, _ in ROWS} == set(CODES)
