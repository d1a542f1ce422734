"""The limits of a keypair in time and messages (paper 6.1, 6.2)."""

from pywg_embedded.core.keypair import Keypair
from tests.core.support import NOW

LAST = 2**64 - 2**13 - 1

# counter, age in milliseconds, whether a message may still be sent and accepted
ALIVE = (
    (0, 0, True),
    (0, 179_999, True),
    (0, 180_000, False),
    (2**32, 0, True),
    (2**60, 0, True),
    (LAST - 1, 179_999, True),
    (LAST, 0, False),
    (2**64 - 1, 0, False),
)
# initiator, counter, age, whether sending requests a rekey
REKEY_ON_SEND = (
    (True, 0, 0, False),
    (True, 0, 119_999, False),
    (True, 0, 120_000, True),
    (False, 0, 120_000, False),
    (False, 0, 179_999, False),
    (True, 2**32, 0, False),
    (True, 2**60 - 1, 0, False),
    (True, 2**60, 0, True),
    (False, 2**60 - 1, 0, False),
    (False, 2**60, 0, True),
)
# initiator, age, whether receiving requests a rekey
REKEY_ON_RECEIVE = (
    (True, 0, False),
    (True, 164_999, False),
    (True, 165_000, True),
    (False, 165_000, False),
    (False, 179_999, False),
)


def keypair(initiator: bool = True) -> Keypair:
    keys = bytearray(b"s" * 32), bytearray(b"r" * 32)
    return Keypair(initiator, (1, 2), keys, NOW)


def test_a_keypair_expires_after_180_seconds_or_at_the_last_counter() -> None:
    for row, (counter, age, alive) in enumerate(ALIVE):
        for initiator in (True, False):
            outcome = keypair(initiator).alive(counter, NOW + age)
            assert outcome is alive, f"row {row}"


def test_only_the_initiator_rekeys_by_time_but_both_by_messages() -> None:
    for row, (initiator, counter, age, asks) in enumerate(REKEY_ON_SEND):
        outcome = keypair(initiator).rekey_on_send(counter, NOW + age)
        assert outcome is asks, f"row {row}"


def test_the_initiator_rekeys_when_it_receives_close_to_expiry() -> None:
    for row, (initiator, age, asks) in enumerate(REKEY_ON_RECEIVE):
        outcome = keypair(initiator).rekey_on_receive(NOW + age)
        assert outcome is asks, f"row {row}"


def test_both_keys_are_wiped() -> None:
    pair = keypair()
    pair.wipe()
    assert pair.send_key == pair.receive_key == bytes(32)
