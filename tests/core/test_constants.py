"""The constants against the numbers of the paper, which are written here again.

A constant that both ends of a test share may be wrong without another failing test.
"""

import errno

from pywg_embedded.core import constants, errors

# Section of the paper, and the constants of it.
PAPER = (
    ("5.4", "KEY_SIZE", 32),
    ("5.4", "HASH_SIZE", 32),
    ("5.4", "TAG_SIZE", 16),
    ("5.4", "CONSTRUCTION", b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"),
    ("5.4", "IDENTIFIER", b"WireGuard v1 zx2c4 Jason@zx2c4.com"),
    ("5.4", "LABEL_MAC1", b"mac1----"),
    ("5.4", "LABEL_COOKIE", b"cookie--"),
    ("5.4.2", "MESSAGE_INITIATION", 1),
    ("5.4.2", "INITIATION_SIZE", 148),
    ("5.4.2", "INDEX_SIZE", 4),
    ("5.4.2", "TIMESTAMP_SIZE", 12),
    ("5.4.3", "MESSAGE_RESPONSE", 2),
    ("5.4.3", "RESPONSE_SIZE", 92),
    ("5.4.4", "MAC_SIZE", 16),
    ("5.4.6", "MESSAGE_TRANSPORT", 4),
    ("5.4.6", "TRANSPORT_HEADER_SIZE", 16),
    ("5.4.6", "TRANSPORT_MIN_SIZE", 32),
    ("5.4.6", "PADDING_MULTIPLE", 16),
    ("5.4.7", "MESSAGE_COOKIE_REPLY", 3),
    ("5.4.7", "COOKIE_REPLY_SIZE", 64),
    ("5.4.7", "COOKIE_NONCE_SIZE", 24),
    ("5.4.7", "COOKIE_SIZE", 16),
    ("5.4.7", "COOKIE_SECRET_LIFETIME", 120_000),
    ("6.1", "REKEY_AFTER_MESSAGES", 1_152_921_504_606_846_976),
    ("6.1", "REJECT_AFTER_MESSAGES", 18_446_744_073_709_543_423),
    ("6.1", "REKEY_AFTER_TIME", 120_000),
    ("6.1", "REJECT_AFTER_TIME", 180_000),
    ("6.1", "REKEY_ATTEMPT_TIME", 90_000),
    ("6.1", "REKEY_TIMEOUT", 5_000),
    ("6.1", "KEEPALIVE_TIMEOUT", 10_000),
    ("6.2", "REKEY_AFTER_TIME_RECEIVING", 165_000),
    ("6.3", "WIPE_AFTER_TIME", 540_000),
)


def test_constants_are_those_of_the_paper() -> None:
    for section, name, value in PAPER:
        constant = getattr(constants, name)
        assert type(constant) is type(value), f"{name} ({section})"
        assert constant == value, f"{name} ({section})"


def test_error_numbers_are_those_of_linux() -> None:
    assert errors.EIO == errno.EIO
    assert errors.EINVAL == errno.EINVAL
    assert errors.ENOSPC == 28
    assert errors.EPROTO == 71
